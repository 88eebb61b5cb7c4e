// A bounded memory of what was worked out lately: where it is full, what was not asked for longest
// goes. For what a process may forget at any time; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace gatehouse {

// V: cheap to move. Keys are told apart by all their bytes, which are looked at only where a hash
// of 64 bits, of their last 64 bytes, agrees.
template <class V>
class Lru {
 public:
  explicit Lru(std::size_t max_bytes) : max_bytes_(max_bytes) {}
  Lru(Lru&&) noexcept = default;
  Lru& operator=(Lru&&) noexcept = default;

  // Valid until the next Put or Clear; null where nothing is known.
  V* Find(std::string_view key) {
    const auto found = index_.find(Key{HashOf(key), key});
    if (found == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->value;
  }

  // Replaces what is there. `bytes`: what the value takes beside its own size. What would take more
  // than half of the room is not kept.
  void Put(std::string_view key, V value, std::size_t bytes) {
    const Key wanted{HashOf(key), key};
    if (const auto found = index_.find(wanted); found != index_.end()) Forget(found);
    bytes += key.size() + sizeof(Entry) + kOverhead;
    if (bytes > max_bytes_ / 2) return;
    while (!entries_.empty() && bytes_ + bytes > max_bytes_) {
      const Entry& oldest = entries_.back();
      Forget(index_.find(Key{oldest.hash, oldest.key}));
    }
    entries_.push_front({wanted.hash, std::string(key), std::move(value), bytes});
    index_.emplace(Key{wanted.hash, entries_.front().key}, entries_.begin());
    bytes_ += bytes;
  }

  void Clear() {
    index_.clear();
    entries_.clear();
    bytes_ = 0;
  }
  std::size_t size() const { return entries_.size(); }

 private:
  // Nodes of the list and the index, roughly.
  static constexpr std::size_t kOverhead = 96;

  struct Entry {
    std::uint64_t hash;
    std::string key;
    V value;
    std::size_t bytes;
  };
  struct Key {
    std::uint64_t hash;
    std::string_view text;  // of the entry
    bool operator==(const Key& o) const { return hash == o.hash && text == o.text; }
  };
  struct HashOfKey {
    std::size_t operator()(const Key& key) const { return key.hash; }
  };
  using Index = std::unordered_map<Key, typename std::list<Entry>::iterator, HashOfKey>;

  // The end of a key tells most: of a token it is the signature.
  static std::uint64_t HashOf(std::string_view key) {
    constexpr std::size_t kEnough = 64;
    if (key.size() > kEnough) key.remove_prefix(key.size() - kEnough);
    return std::hash<std::string_view>()(key);
  }
  void Forget(typename Index::iterator at) {
    const auto entry = at->second;
    bytes_ -= entry->bytes;
    index_.erase(at);
    entries_.erase(entry);
  }

  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::list<Entry> entries_;  // lately used first
  Index index_;
};

}  // namespace gatehouse
