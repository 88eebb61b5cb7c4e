// One memcached server and the connection to it: private to memcache.cpp, which owns the rules.
//
// A libmemcached handle with one server each, because a handle with several lets a dead server's
// keys look absent (its mget succeeds where any server took the request, and its fetch loop ends in
// NOTFOUND when a poll times out).
#pragma once

#include <libmemcached/memcached.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fcgi/lib/memcache.h"

namespace gatehouse {

class MemcacheConnection {
 public:
  MemcacheConnection(std::string server, Millis connect_timeout, Millis poll_timeout);
  MemcacheConnection(const MemcacheConnection&) = delete;
  MemcacheConnection& operator=(const MemcacheConnection&) = delete;
  ~MemcacheConnection() { Drop(); }

  const std::string& server() const { return server_; }

  // True once something was asked: such a connection may have gone stale since.
  bool used() const { return handle_ != nullptr; }
  // Which connection this is: a number that no other connection of this process ever had.
  std::uint64_t epoch() const { return epoch_; }

  // Closes; the next request opens another one, with another epoch and without libmemcached's
  // memory of failures (which would keep a restarted server "dead" for seconds).
  void Drop();

  // Every function answers MEMCACHED_SUCCESS (or what the server said), or the first error. After
  // an error the caller must Drop().
  enum class Verb { kSet, kAdd, kCompareAndStore };
  memcached_return_t Store(Verb verb, const std::string& key, std::string_view value, time_t ttl,
                           std::uint64_t cas);
  memcached_return_t Delete(const std::string& key);
  memcached_return_t Version();

  memcached_return_t RequestGets(const std::vector<const char*>& keys,
                                 const std::vector<std::size_t>& sizes);
  // MEMCACHED_SUCCESS: item() is the next one. MEMCACHED_END: the answer is complete.
  memcached_return_t NextItem();
  const memcached_result_st& item() const { return item_; }

 private:
  memcached_st* Handle();
  memcached_return_t Checked(memcached_return_t rc) const;

  const std::string server_;
  const Millis connect_timeout_;
  const Millis poll_timeout_;
  memcached_st* handle_ = nullptr;
  memcached_result_st item_{};
  std::uint64_t epoch_ = 0;
};

}  // namespace gatehouse
