// The owner of libmemcached: the few operations that the proof cache needs (DESIGN.md 3).
//
// A cache answer is never taken on trust: "absent" and "failed" are different answers, and after
// any error the connection is dropped, because it may be out of step and hand out an older answer.
// The caller's rule for both is the same: unknown, ask MariaDB.
//
// Compare-and-store: MultiGet returns with each item a version; Replace stores only where the item
// still has that version, on the connection that read it. A version that was read on a connection
// since dropped never matches (a restarted memcached numbers from the beginning again).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fcgi/base/clock.h"
#include "fcgi/base/result.h"

namespace gatehouse {

struct MemcacheOptions {
  // Unix socket paths ("/run/x.sock") or "host:port". Several are hashed by ketama. Empty: no
  // cache, every operation fails at once.
  std::vector<std::string> servers;
  Millis connect_timeout{50};
  Millis poll_timeout{50};
};

struct CacheVersion {
  std::uint64_t cas = 0;
  std::uint64_t connection = 0;  // the epoch of the connection that read it
};

struct CacheItem {
  std::string value;
  CacheVersion version;
};

class Memcache {
 public:
  explicit Memcache(MemcacheOptions options);
  Memcache(Memcache&&) noexcept;
  ~Memcache();

  enum class Outcome {
    kStored,     // or deleted, or: there was nothing to delete
    kNotStored,  // Add: exists already; Replace: gone or changed
    kFailed,     // unknown: it may or may not have happened, now or later
  };

  // One round trip. result[i] belongs to keys[i]; nullopt = the server says absent. An error means
  // that nothing is known of any key. Keys: at most 250 bytes, printable, no white space; a key
  // beyond that is an error, not a request.
  Result<std::vector<std::optional<CacheItem>>> MultiGet(std::span<const std::string_view> keys);

  // `ttl` is rounded up to whole seconds, capped at 30 days (beyond which memcached takes it as a
  // date). Add stores only where nothing is stored.
  Outcome Add(const std::string& key, std::string_view value, Seconds ttl);
  Outcome Replace(const std::string& key, std::string_view value, Seconds ttl,
                  CacheVersion version);

  // Set and Delete must reach whichever memcached answers now: on failure they reconnect and try
  // once more, so that a stale connection to a server that was restarted does not count as done.
  Outcome Set(const std::string& key, std::string_view value, Seconds ttl);
  Outcome Delete(const std::string& key);

  bool Ping();  // any server answers "version"

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse
