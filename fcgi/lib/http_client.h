// The owner of libcurl, for HTTPS calls to servers that somebody else configured (SPEC O1): what
// they may do to us is bounded here, whatever the URL says.
//
// - https only, certificates verified, TLS 1.2 and newer; http where `loopback` allows it, and then
//   to loopback addresses alone.
// - Connects to public addresses only. The address is judged when the socket is opened, the very
//   one that is connected to, so that no answer of a name server in between helps anybody.
// - No redirects, no proxies, no cookies, no credentials but those given, no decompression.
// - An answer over the limit is given up, not truncated. The deadline counts for everything: name
//   look-up, connection, TLS, answer.
//
// A name that takes longer than the deadline is looked up to its end by a thread of libcurl's.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fcgi/base/clock.h"
#include "fcgi/base/result.h"

namespace gatehouse {

struct HttpClientOptions {
  bool loopback = false;  // also to loopback addresses, and http there: for development
  std::string ca_file;    // empty: the system's
  std::size_t max_answer = std::size_t{256} * 1024;  // bytes of a body
  Millis connect_timeout{2500};
};

struct HttpAnswer {
  int status = 0;
  std::string content_type;
  Seconds max_age{0};  // of Cache-Control; 0 where it says nothing, or no-store
  std::string body;
};

class HttpClient {
 public:
  explicit HttpClient(HttpClientOptions options) : options_(std::move(options)) {}

  // Header lines ("Accept: application/json") go out as they are; one with a control character is
  // refused. Errors: kTimeout past the deadline; kUnavailable for a URL or address that is not
  // allowed, a connection or TLS that failed, or an answer that is too large. Any status is an
  // answer.
  using Headers = std::vector<std::string>;
  Result<HttpAnswer> Get(const std::string& url, const Headers& headers, Deadline deadline) const;
  // `form` is application/x-www-form-urlencoded.
  Result<HttpAnswer> Post(const std::string& url, const Headers& headers, const std::string& form,
                          Deadline deadline) const;

  bool loopback() const { return options_.loopback; }

 private:
  Result<HttpAnswer> Call(const std::string& url, const Headers& headers, const std::string* form,
                          Deadline deadline) const;
  HttpClientOptions options_;
};

// A unicast address of the public internet: not loopback, private, link-local, shared (CGNAT),
// documentation, benchmark, multicast, reserved, IPv4 inside of IPv6 (mapped, NAT64, 6to4, Teredo).
bool IsPublicIp(std::string_view ip);

}  // namespace gatehouse
