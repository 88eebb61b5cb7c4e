#include "fcgi/base/url.h"

#include <algorithm>
#include <charconv>

#include "fcgi/base/net.h"

namespace gatehouse {
namespace {

constexpr std::size_t kMaxUrl = 2000;

bool IsLowerAlnum(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// Printable ASCII without what browsers repair (a backslash) or what ends a URL elsewhere.
bool IsPlain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < 0x7f && std::string_view("\\\"<>^`{|}").find(c) == std::string_view::npos;
  });
}

bool IsHostName(std::string_view host) {
  if (host.empty() || host.size() > 253 || host.front() == '.' || host.front() == '-') return false;
  return host.find("..") == std::string_view::npos &&
         std::all_of(host.begin(), host.end(),
                     [](char c) { return IsLowerAlnum(c) || c == '.' || c == '-'; });
}

bool IsPort(std::string_view port) {
  int value = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), value);
  return error == std::errc() && end == port.data() + port.size() && value >= 1 && value <= 65535 &&
         port[0] != '0';
}

// host[:port] or [v6][:port]
bool ReadAuthority(std::string_view text, Url& url) {
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return false;
    url.host = text.substr(1, close - 1);
    if (url.host.find(':') == std::string_view::npos || !ParseIp(url.host)) return false;
    text.remove_prefix(close + 1);
  } else {
    url.host = text.substr(0, text.find(':'));
    if (!IsHostName(url.host)) return false;
    text.remove_prefix(url.host.size());
  }
  if (text.empty()) return true;
  url.port = text.substr(1);
  return text[0] == ':' && !url.port.empty() && IsPort(url.port);
}

}  // namespace

std::optional<Url> ParseUrl(std::string_view text) {
  if (text.size() > kMaxUrl || !IsPlain(text) || text.find('#') != std::string_view::npos) {
    return std::nullopt;
  }
  Url url;
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  url.scheme = text.substr(0, colon);
  if (url.scheme != "https" && url.scheme != "http") return std::nullopt;
  const auto begin = colon + 3;
  const auto end = std::min(text.find_first_of("/?", begin), text.size());
  url.origin = text.substr(0, end);
  if (!ReadAuthority(text.substr(begin, end - begin), url)) return std::nullopt;
  const auto rest = text.substr(end);
  const auto question = rest.find('?');
  url.path = rest.substr(0, question);
  url.has_query = question != std::string_view::npos;
  if (url.has_query) url.query = rest.substr(question + 1);
  return url;
}

bool IsCallable(const Url& url, bool loopback_http) {
  if (url.scheme == "https") return true;
  return loopback_http && (url.host == "localhost" || IsLoopback(url.host));
}

std::string QueryEncode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper || IsLowerAlnum(c) || std::string_view("-._~").find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4U];
    out += kHex[byte & 15U];
  }
  return out;
}

std::string FormEncode(const UrlParameters& parameters) {
  std::string out;
  for (const auto& [name, value] : parameters) {
    if (!out.empty()) out += '&';
    out.append(QueryEncode(name)).append("=").append(QueryEncode(value));
  }
  return out;
}

std::string WithQuery(std::string_view url, const UrlParameters& parameters) {
  std::string out(url);
  const auto question = url.find('?');
  if (question == std::string_view::npos) {
    out += '?';
  } else if (question + 1 < url.size() && !url.ends_with('&')) {
    out += '&';
  }
  return out + FormEncode(parameters);
}

bool IsReturnTarget(std::string_view target, std::string_view own_origin,
                    const std::vector<std::string>& allowed) {
  if (target.empty() || target.size() > kMaxUrl) return false;
  if (target.starts_with('/')) {
    return !target.starts_with("//") && IsPlain(target);
  }
  const auto fragment = target.find('#');
  if (fragment != std::string_view::npos && !IsPlain(target.substr(fragment))) return false;
  const auto url = ParseUrl(target.substr(0, fragment));
  if (!url) return false;
  return url->origin == own_origin ||
         std::find(allowed.begin(), allowed.end(), url->origin) != allowed.end();
}

}  // namespace gatehouse
