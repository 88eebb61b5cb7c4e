#include "fcgi/lib/memcache_connection.h"

#include <atomic>
#include <charconv>
#include <cstdlib>
#include <utility>

namespace gatehouse {
namespace {

std::uint64_t NextEpoch() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

// "host:port" or "[v6]:port". What is not that becomes a host name that nobody can look up.
void AddServer(memcached_st* handle, const std::string& server) {
  if (server.starts_with('/')) {
    memcached_server_add_unix_socket(handle, server.c_str());
    return;
  }
  const auto colon = server.rfind(':');
  std::uint16_t port = 0;
  if (colon != std::string::npos) {
    const char* const end = server.data() + server.size();
    const auto [stop, error] = std::from_chars(server.data() + colon + 1, end, port);
    if (error != std::errc() || stop != end) port = 0;
  }
  // Port 0 would mean the default port to libmemcached.
  if (port == 0) {
    memcached_server_add(handle, server.c_str(), MEMCACHED_DEFAULT_PORT);
  } else {
    memcached_server_add(handle, server.substr(0, colon).c_str(), port);
  }
}

}  // namespace

MemcacheConnection::MemcacheConnection(std::string server, Millis connect_timeout,
                                       Millis poll_timeout)
    : server_(std::move(server)), connect_timeout_(connect_timeout), poll_timeout_(poll_timeout) {}

memcached_st* MemcacheConnection::Handle() {
  if (handle_ != nullptr) return handle_;
  handle_ = memcached_create(nullptr);
  if (handle_ == nullptr) std::abort();
  const auto set = [this](memcached_behavior_t what, std::uint64_t value) {
    memcached_behavior_set(handle_, what, value);
  };
  // Without it, CR LF in a key is a second command (FACTS: stores what it likes, then lies).
  set(MEMCACHED_BEHAVIOR_VERIFY_KEY, 1);
  set(MEMCACHED_BEHAVIOR_SUPPORT_CAS, 1);
  set(MEMCACHED_BEHAVIOR_TCP_NODELAY, 1);
  set(MEMCACHED_BEHAVIOR_CONNECT_TIMEOUT, static_cast<std::uint64_t>(connect_timeout_.count()));
  set(MEMCACHED_BEHAVIOR_POLL_TIMEOUT, static_cast<std::uint64_t>(poll_timeout_.count()));
  const auto micros = static_cast<std::uint64_t>(Micros(poll_timeout_).count());
  set(MEMCACHED_BEHAVIOR_SND_TIMEOUT, micros);
  set(MEMCACHED_BEHAVIOR_RCV_TIMEOUT, micros);
  AddServer(handle_, server_);
  memcached_result_create(handle_, &item_);
  epoch_ = NextEpoch();
  return handle_;
}

void MemcacheConnection::Drop() {
  if (handle_ == nullptr) return;
  memcached_result_free(&item_);
  memcached_free(handle_);
  handle_ = nullptr;
  epoch_ = 0;
}

// libmemcached reports some errors only on the side: an mget whose first connect failed and whose
// second succeeded returns success without having asked for the first key.
memcached_return_t MemcacheConnection::Checked(memcached_return_t rc) const {
  const memcached_return_t last = memcached_last_error(handle_);
  return last != MEMCACHED_SUCCESS ? last : rc;
}

memcached_return_t MemcacheConnection::Store(Verb verb, const std::string& key,
                                             std::string_view value, time_t ttl,
                                             std::uint64_t cas) {
  memcached_st* const handle = Handle();
  switch (verb) {
    case Verb::kSet:
      return Checked(
          memcached_set(handle, key.data(), key.size(), value.data(), value.size(), ttl, 0));
    case Verb::kAdd:
      return Checked(
          memcached_add(handle, key.data(), key.size(), value.data(), value.size(), ttl, 0));
    case Verb::kCompareAndStore:
      // libmemcached leaves a cas of 0 out, and the value would be read as commands.
      if (cas == 0) return MEMCACHED_DATA_EXISTS;
      return Checked(
          memcached_cas(handle, key.data(), key.size(), value.data(), value.size(), ttl, 0, cas));
  }
  return MEMCACHED_INVALID_ARGUMENTS;
}

memcached_return_t MemcacheConnection::Delete(const std::string& key) {
  memcached_st* const handle = Handle();
  return Checked(memcached_delete(handle, key.data(), key.size(), 0));
}

memcached_return_t MemcacheConnection::Version() {
  memcached_st* const handle = Handle();
  const auto rc = Checked(memcached_version(handle));
  if (rc != MEMCACHED_SUCCESS) return rc;
  const auto major =
      memcached_server_major_version(memcached_server_instance_by_position(handle, 0));
  return major == UINT8_MAX ? MEMCACHED_UNKNOWN_READ_FAILURE : MEMCACHED_SUCCESS;
}

memcached_return_t MemcacheConnection::RequestGets(const std::vector<const char*>& keys,
                                                   const std::vector<std::size_t>& sizes) {
  memcached_st* const handle = Handle();
  const auto rc = Checked(memcached_mget(handle, keys.data(), sizes.data(), keys.size()));
  // Where no item has come yet, the fetch loop turns a server's error (out of memory, say) into
  // NOTFOUND; with a count it hands on what the server said.
  item_.count = 1;
  return rc;
}

memcached_return_t MemcacheConnection::NextItem() {
  memcached_return_t rc = MEMCACHED_FAILURE;
  const auto* const item = memcached_fetch_result(handle_, &item_, &rc);
  rc = Checked(rc);
  if (rc == MEMCACHED_SUCCESS && item == nullptr) return MEMCACHED_FAILURE;
  return rc;
}

}  // namespace gatehouse
