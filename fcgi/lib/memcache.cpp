#include "fcgi/lib/memcache.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "fcgi/lib/memcache_connection.h"

namespace gatehouse {
namespace {

using Verb = MemcacheConnection::Verb;

constexpr std::size_t kMaxKey = 250;
constexpr Seconds kMaxTtl{30 * 24 * 60 * 60};

bool IsValidKey(std::string_view key) {
  return !key.empty() && key.size() <= kMaxKey &&
         std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

// 0 would mean for ever to memcached.
time_t ExpirationOf(Seconds ttl) { return std::clamp(ttl, Seconds(1), kMaxTtl).count(); }

Error Unavailable(const std::string& server, memcached_return_t rc) {
  return MakeError(ErrorCode::kUnavailable,
                   "memcached " + server + ": " + memcached_strerror(nullptr, rc));
}

}  // namespace

struct Memcache::Impl {
  // A server, and what the MultiGet under way wants of it.
  struct Lane {
    Lane(const std::string& server, const MemcacheOptions& options)
        : connection(server, options.connect_timeout, options.poll_timeout) {}
    MemcacheConnection connection;
    std::vector<std::size_t> wanted;  // indices of keys
    bool reused = false;              // asked over a connection that may have been stale
    bool pending = false;             // asked, and the answer not read to its end
  };

  explicit Impl(MemcacheOptions given) : options(std::move(given)) {
    for (const auto& server : options.servers) lanes.emplace_back(server, options);
    if (lanes.size() > 1) BuildRing();
  }
  ~Impl() { memcached_free(ring); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  // libmemcached's ketama decides which server a key belongs to; this handle never connects.
  void BuildRing() {
    ring = memcached_create(nullptr);
    memcached_behavior_set(ring, MEMCACHED_BEHAVIOR_KETAMA_WEIGHTED, 1);
    for (const auto& server : options.servers) {
      memcached_server_add(ring, server.c_str(), MEMCACHED_DEFAULT_PORT);
    }
  }
  Lane& LaneOf(std::string_view key) {
    return ring == nullptr ? lanes.front()
                           : lanes[memcached_generate_hash(ring, key.data(), key.size())];
  }

  memcached_return_t Request(Lane& lane, std::span<const std::string_view> keys);
  memcached_return_t Collect(Lane& lane, std::span<const std::string_view> keys,
                             std::vector<std::optional<CacheItem>>& out);
  memcached_return_t CollectOnce(Lane& lane, std::span<const std::string_view> keys,
                                 std::vector<std::optional<CacheItem>>& out);

  MemcacheOptions options;
  std::deque<Lane> lanes;
  memcached_st* ring = nullptr;
  std::vector<const char*> key_data;  // kept between calls, to spare allocations
  std::vector<std::size_t> key_sizes;
};

// A timeout is not tried again: the server hangs, and the caller would wait twice.
static bool WorthAnotherTry(memcached_return_t rc) { return rc != MEMCACHED_TIMEOUT; }

memcached_return_t Memcache::Impl::Request(Lane& lane, std::span<const std::string_view> keys) {
  key_data.clear();
  key_sizes.clear();
  for (const std::size_t i : lane.wanted) {
    key_data.push_back(keys[i].data());
    key_sizes.push_back(keys[i].size());
  }
  lane.reused = lane.connection.used();
  lane.pending = true;
  auto rc = lane.connection.RequestGets(key_data, key_sizes);
  if (rc != MEMCACHED_SUCCESS && lane.reused && WorthAnotherTry(rc)) {
    lane.connection.Drop();
    lane.reused = false;
    rc = lane.connection.RequestGets(key_data, key_sizes);
  }
  return rc;
}

memcached_return_t Memcache::Impl::CollectOnce(Lane& lane, std::span<const std::string_view> keys,
                                               std::vector<std::optional<CacheItem>>& out) {
  const auto& wanted = lane.wanted;
  std::size_t next = 0;  // memcached answers in the order of the request
  for (;;) {
    const auto rc = lane.connection.NextItem();
    if (rc == MEMCACHED_END) return MEMCACHED_SUCCESS;
    if (rc != MEMCACHED_SUCCESS) return rc;
    const memcached_result_st& item = lane.connection.item();
    const std::string_view key(item.item_key, item.key_length);
    std::size_t tried = 0;
    for (; tried < wanted.size(); ++tried, next = (next + 1) % wanted.size()) {
      if (keys[wanted[next]] == key && !out[wanted[next]]) break;
    }
    // An item that nobody asked for: the connection is out of step.
    if (tried == wanted.size()) return MEMCACHED_PROTOCOL_ERROR;
    out[wanted[next]] =
        CacheItem{std::string(memcached_result_value(&item), memcached_result_length(&item)),
                  {memcached_result_cas(&item), lane.connection.epoch()}};
    next = (next + 1) % wanted.size();
  }
}

memcached_return_t Memcache::Impl::Collect(Lane& lane, std::span<const std::string_view> keys,
                                           std::vector<std::optional<CacheItem>>& out) {
  const auto rc = CollectOnce(lane, keys, out);
  if (rc == MEMCACHED_SUCCESS || !lane.reused || !WorthAnotherTry(rc)) return rc;
  // The server was restarted since the last call: what came over the old connection is void.
  for (const std::size_t i : lane.wanted) out[i].reset();
  lane.connection.Drop();
  const auto again = Request(lane, keys);
  return again == MEMCACHED_SUCCESS ? CollectOnce(lane, keys, out) : again;
}

Memcache::Memcache(MemcacheOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Memcache::Memcache(Memcache&&) noexcept = default;
Memcache::~Memcache() = default;

Result<std::vector<std::optional<CacheItem>>> Memcache::MultiGet(
    std::span<const std::string_view> keys) {
  auto& lanes = impl_->lanes;
  if (lanes.empty()) return MakeError(ErrorCode::kUnavailable, "no memcached configured");
  if (!std::all_of(keys.begin(), keys.end(), IsValidKey)) {
    return MakeError(ErrorCode::kInternal, "memcached: key not acceptable");
  }
  for (auto& lane : lanes) lane.wanted.clear();
  for (std::size_t i = 0; i < keys.size(); ++i) impl_->LaneOf(keys[i]).wanted.push_back(i);

  std::vector<std::optional<CacheItem>> out(keys.size());
  // All servers are asked before the first answer is awaited. After a failure nobody waits for the
  // answers still due, so their connections are out of step and go too.
  const auto give_up = [&](const Impl::Lane& failed, memcached_return_t rc) {
    for (auto& lane : lanes) {
      if (std::exchange(lane.pending, false)) lane.connection.Drop();
    }
    return Unavailable(failed.connection.server(), rc);
  };
  for (auto& lane : lanes) {
    if (lane.wanted.empty()) continue;
    if (const auto rc = impl_->Request(lane, keys); rc != MEMCACHED_SUCCESS) {
      return give_up(lane, rc);
    }
  }
  for (auto& lane : lanes) {
    if (lane.wanted.empty()) continue;
    if (const auto rc = impl_->Collect(lane, keys, out); rc != MEMCACHED_SUCCESS) {
      return give_up(lane, rc);
    }
    lane.pending = false;
  }
  return out;
}

Memcache::Outcome Memcache::Add(const std::string& key, std::string_view value, Seconds ttl) {
  if (impl_->lanes.empty() || !IsValidKey(key)) return Outcome::kFailed;
  auto& connection = impl_->LaneOf(key).connection;
  switch (connection.Store(Verb::kAdd, key, value, ExpirationOf(ttl), 0)) {
    case MEMCACHED_SUCCESS:
      return Outcome::kStored;
    case MEMCACHED_NOTSTORED:
      return Outcome::kNotStored;
    default:
      connection.Drop();
      return Outcome::kFailed;
  }
}

Memcache::Outcome Memcache::Replace(const std::string& key, std::string_view value, Seconds ttl,
                                    CacheVersion version) {
  if (impl_->lanes.empty() || !IsValidKey(key)) return Outcome::kFailed;
  auto& connection = impl_->LaneOf(key).connection;
  // libmemcached reconnects only where its socket is closed, it closes it only with an error that
  // it reports, and after any error the epoch is another: so the store below goes over the very
  // connection that read `version`, or fails.
  if (version.connection == 0 || version.connection != connection.epoch()) {
    return Outcome::kNotStored;
  }
  switch (connection.Store(Verb::kCompareAndStore, key, value, ExpirationOf(ttl), version.cas)) {
    case MEMCACHED_SUCCESS:
      return Outcome::kStored;
    case MEMCACHED_DATA_EXISTS:
    case MEMCACHED_NOTFOUND:
      return Outcome::kNotStored;
    default:
      connection.Drop();
      return Outcome::kFailed;
  }
}

Memcache::Outcome Memcache::Set(const std::string& key, std::string_view value, Seconds ttl) {
  if (impl_->lanes.empty() || !IsValidKey(key)) return Outcome::kFailed;
  auto& connection = impl_->LaneOf(key).connection;
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (connection.Store(Verb::kSet, key, value, ExpirationOf(ttl), 0) == MEMCACHED_SUCCESS) {
      return Outcome::kStored;
    }
    connection.Drop();
  }
  return Outcome::kFailed;
}

Memcache::Outcome Memcache::Delete(const std::string& key) {
  if (impl_->lanes.empty() || !IsValidKey(key)) return Outcome::kFailed;
  auto& connection = impl_->LaneOf(key).connection;
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto rc = connection.Delete(key);
    if (rc == MEMCACHED_SUCCESS || rc == MEMCACHED_NOTFOUND) return Outcome::kStored;
    connection.Drop();
  }
  return Outcome::kFailed;
}

bool Memcache::Ping() {
  // Over a connection of its own: libmemcached does not ask a version that it knows already.
  return std::any_of(impl_->options.servers.begin(), impl_->options.servers.end(),
                     [this](const std::string& server) {
                       MemcacheConnection probe(server, impl_->options.connect_timeout,
                                                impl_->options.poll_timeout);
                       return probe.Version() == MEMCACHED_SUCCESS;
                     });
}

}  // namespace gatehouse
