#include "fcgi/lib/http_client.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <memory>

#include "fcgi/base/net.h"
#include "fcgi/base/url.h"
#include "fcgi/lib/text.h"

namespace gatehouse {
namespace {

constexpr std::size_t kMaxHeaders = std::size_t{32} * 1024;

// IANA's special-purpose registries: what is not globally reachable, and what carries other
// networks inside.
constexpr std::array<std::string_view, 17> kNotPublic4 = {
    "0.0.0.0/8",      "10.0.0.0/8",     "100.64.0.0/10",   "127.0.0.0/8",     "169.254.0.0/16",
    "172.16.0.0/12",  "192.0.0.0/24",   "192.0.2.0/24",    "192.31.196.0/24", "192.52.193.0/24",
    "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15",   "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/3"};
constexpr std::string_view kUnicast6 = "2000::/3";
constexpr std::array<std::string_view, 4> kNotPublic6 = {"2001::/23", "2001:db8::/32", "2002::/16",
                                                         "3fff::/20"};

template <std::size_t N>
bool IsInOne(std::string_view ip, const std::array<std::string_view, N>& networks) {
  return std::any_of(networks.begin(), networks.end(),
                     [&](std::string_view network) { return IpInNetwork(ip, network); });
}

struct FreeCurl {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, FreeList>;

struct Transfer {
  bool loopback = false;       // allowed
  bool only_loopback = false;  // required: http
  std::size_t max_body = 0;
  std::size_t header_bytes = 0;
  std::string refused;  // why it was given up here
  HttpAnswer answer;
};

std::string TextOf(const curl_sockaddr& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  // curl keeps the address in a sockaddr that is large enough for its family.
  const void* at = &address.addr;
  const void* raw =
      address.family == AF_INET
          ? static_cast<const void*>(&static_cast<const sockaddr_in*>(at)->sin_addr)
          : static_cast<const void*>(&static_cast<const sockaddr_in6*>(at)->sin6_addr);
  if (address.family != AF_INET && address.family != AF_INET6) return {};
  if (inet_ntop(address.family, raw, text.data(), text.size()) == nullptr) return {};
  return text.data();
}

// IPv4 in IPv6 is no way to this machine either.
bool IsPlainLoopback(std::string_view ip) {
  return ip == "::1" || (ip.find(':') == std::string_view::npos && IsLoopback(ip));
}

curl_socket_t OpenSocket(void* user, curlsocktype /*purpose*/, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string ip = TextOf(*address);
  const bool here = IsPlainLoopback(ip);
  if (!(here ? transfer.loopback : !transfer.only_loopback && IsPublicIp(ip))) {
    transfer.refused = "address " + ip + " is not to be called";
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t TakeBody(char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::size_t n = size * count;
  if (n > transfer.max_body - transfer.answer.body.size()) {
    transfer.refused = "answer too large";
    return CURL_WRITEFUNC_ERROR;
  }
  transfer.answer.body.append(data, n);
  return n;
}

std::string LowerAscii(std::string_view s) {
  std::string out(s);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

Seconds MaxAgeOf(std::string_view cache_control) {
  constexpr std::string_view kMaxAge = "max-age=";
  constexpr int kDay = 86400;
  if (cache_control.find("no-store") != std::string_view::npos) return Seconds(0);
  const auto at = cache_control.find(kMaxAge);
  if (at == std::string_view::npos) return Seconds(0);
  const auto digits = cache_control.substr(at + kMaxAge.size());
  int value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc::result_out_of_range) return Seconds(kDay);
  return error == std::errc() ? Seconds(std::clamp(value, 0, kDay)) : Seconds(0);
}

std::size_t TakeHeader(char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::size_t n = size * count;
  transfer.header_bytes += n;
  if (transfer.header_bytes > kMaxHeaders) {
    transfer.refused = "headers too large";
    return 0;
  }
  constexpr std::string_view kCacheControl = "cache-control:";
  const std::string line = LowerAscii({data, n});
  if (line.starts_with(kCacheControl)) {
    transfer.answer.max_age = MaxAgeOf(std::string_view(line).substr(kCacheControl.size()));
  }
  return n;
}

template <class Value>
void Set(CURL* curl, CURLoption option, Value value) {
  if (curl_easy_setopt(curl, option, value) != CURLE_OK) std::abort();
}

Error Refused(std::string why) {
  return MakeError(ErrorCode::kUnavailable, "outbound: " + std::move(why));
}

}  // namespace

bool IsPublicIp(std::string_view ip) {
  if (ip.find(':') == std::string_view::npos) return ParseIp(ip) && !IsInOne(ip, kNotPublic4);
  return IpInNetwork(ip, kUnicast6) && !IsInOne(ip, kNotPublic6);
}

Result<HttpAnswer> HttpClient::Get(const std::string& url, const Headers& headers,
                                   Deadline deadline) const {
  return Call(url, headers, nullptr, deadline);
}

Result<HttpAnswer> HttpClient::Post(const std::string& url, const Headers& headers,
                                    const std::string& form, Deadline deadline) const {
  return Call(url, headers, &form, deadline);
}

Result<HttpAnswer> HttpClient::Call(const std::string& url, const Headers& headers,
                                    const std::string* form, Deadline deadline) const {
  const auto parsed = ParseUrl(url);
  if (!parsed || !IsCallable(*parsed, options_.loopback)) return Refused("URL not allowed");
  if (deadline.Expired()) return MakeError(ErrorCode::kTimeout, "outbound: no time left");

  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  const std::unique_ptr<CURL, FreeCurl> handle(ready ? curl_easy_init() : nullptr);
  if (handle == nullptr) std::abort();
  CURL* const curl = handle.get();

  Transfer transfer;
  transfer.loopback = options_.loopback;
  transfer.only_loopback = parsed->scheme == "http";
  transfer.max_body = options_.max_answer;

  List lines;
  for (const auto& header : headers) {
    if (text::HasControl(header)) return Refused("header with a control character");
    curl_slist* longer = curl_slist_append(lines.get(), header.c_str());
    if (longer == nullptr) std::abort();
    static_cast<void>(lines.release());
    lines.reset(longer);
  }

  const auto left = std::max<std::int64_t>(deadline.Left().count(), 1);
  Set(curl, CURLOPT_URL, url.c_str());
  Set(curl, CURLOPT_PROTOCOLS_STR, transfer.only_loopback ? "http" : "https");
  Set(curl, CURLOPT_FOLLOWLOCATION, 0L);
  Set(curl, CURLOPT_PROXY, "");  // not even one from the environment
  Set(curl, CURLOPT_NETRC, long{CURL_NETRC_IGNORED});
  Set(curl, CURLOPT_UNRESTRICTED_AUTH, 0L);
  Set(curl, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  Set(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  Set(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options_.ca_file.empty()) {
    Set(curl, CURLOPT_CAINFO, options_.ca_file.c_str());
    Set(curl, CURLOPT_CAPATH, nullptr);  // that file, not the system's as well
  }
  Set(curl, CURLOPT_NOSIGNAL, 1L);
  Set(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(left));
  // Else libcurl, past its time, waits for name servers that do not answer.
  Set(curl, CURLOPT_QUICK_EXIT, 1L);
  Set(curl, CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(std::min<std::int64_t>(left, options_.connect_timeout.count())));
  Set(curl, CURLOPT_OPENSOCKETFUNCTION, &OpenSocket);
  Set(curl, CURLOPT_OPENSOCKETDATA, &transfer);
  Set(curl, CURLOPT_WRITEFUNCTION, &TakeBody);
  Set(curl, CURLOPT_WRITEDATA, &transfer);
  Set(curl, CURLOPT_HEADERFUNCTION, &TakeHeader);
  Set(curl, CURLOPT_HEADERDATA, &transfer);
  Set(curl, CURLOPT_HTTPHEADER, lines.get());
  // Some refuse a caller without a name (GitHub does).
  Set(curl, CURLOPT_USERAGENT, "gatehouse");
  if (form != nullptr) {
    Set(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(form->size()));
    Set(curl, CURLOPT_POSTFIELDS, form->c_str());
  }

  const CURLcode rc = curl_easy_perform(curl);
  if (rc == CURLE_OPERATION_TIMEDOUT) {
    return MakeError(ErrorCode::kTimeout, "outbound: timeout");
  }
  if (rc != CURLE_OK) {
    return Refused(transfer.refused.empty() ? curl_easy_strerror(rc) : transfer.refused);
  }
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  transfer.answer.status = static_cast<int>(status);
  const char* type = nullptr;
  curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
  if (type != nullptr) transfer.answer.content_type = text::Printable(type, 100);
  return std::move(transfer.answer);
}

}  // namespace gatehouse
