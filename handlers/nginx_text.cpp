#include "handlers/nginx_text.h"

#include <algorithm>
#include <utility>

#include "fcgi/base/codec.h"

namespace gatehouse {
namespace {

bool IsLowerAlnum(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// A host name, an IPv4 address or a bracketed IPv6 address, with an optional port.
bool IsHostPort(std::string_view text) {
  if (text.empty() || text.front() == '.' || text.front() == '-') return false;
  if (text.find("..") != std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return IsLowerAlnum(c) || c == '.' || c == '-' || c == ':' || c == '[' || c == ']';
  });
}

std::string EscapeRegex(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (!IsLowerAlnum(c) && c != '-' && c != '/' && c != ':' && c != '_') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::string NginxQuote(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) continue;
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::optional<std::string> CorsMapRow(std::string_view origin) {
  std::string lower(origin);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  std::string_view rest = lower;
  std::string_view scheme;
  for (std::string_view candidate : {"https://", "http://"}) {
    if (rest.starts_with(candidate)) scheme = candidate;
  }
  if (scheme.empty()) return std::nullopt;
  rest.remove_prefix(scheme.size());

  // Regular expressions throughout: nginx compares strings without regard to case, and its hash of
  // them fails on a long one. Not NginxQuote: in quotes nginx keeps a backslash before any other
  // character than a quote or itself.
  const std::string start = "\"~^" + std::string(scheme);
  if (!rest.starts_with("*.")) {
    if (!IsHostPort(rest)) return std::nullopt;
    return start + EscapeRegex(rest) + R"(\z" $http_origin)";
  }
  rest.remove_prefix(2);
  // A wildcard over a whole top-level domain is never meant.
  if (!IsHostPort(rest) || rest.find('.') == std::string_view::npos) return std::nullopt;
  return start + R"((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+)" + EscapeRegex(rest) +
         R"(\z" $http_origin)";
}

std::string ProblemToken(const ErrorInfo& info) {
  std::string json = "{\"type\":";
  AppendJsonString(json, "urn:gatehouse:error:" + std::string(info.name));
  json += ",\"title\":";
  AppendJsonString(json, info.title);
  json += ",\"status\":" + std::to_string(info.status) + ",\"code\":";
  AppendJsonString(json, info.name);
  json += ",\"detail\":";
  AppendJsonString(json, info.detail);
  json += ",\"user_message\":";
  AppendJsonString(json, info.user_message);
  json += ",\"request_id\":\"$request_id\"}";
  return NginxQuote(json);
}

std::optional<std::string> PathPattern(std::string_view path) {
  if (path.find('{') == std::string_view::npos) return std::nullopt;
  std::string out = "^";
  while (!path.empty()) {
    const std::size_t open = path.find('{');
    out += EscapeRegex(path.substr(0, open));
    if (open == std::string_view::npos) break;
    out += "[^/]+";
    const std::size_t close = path.find('}', open);
    path = close == std::string_view::npos ? std::string_view{} : path.substr(close + 1);
  }
  return out + "$";
}

std::string StrictPattern(std::string_view path) {
  constexpr std::pair<std::string_view, std::string_view> kKinds[] = {
      {"{id}", "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"},
      {"{code}", "[^/]+"},
      {"{provider}", "[a-z0-9][a-z0-9-]{0,31}"},
  };
  for (const auto& [segment, pattern] : kKinds) {
    const std::size_t at = path.find(segment);
    if (at == std::string_view::npos) continue;
    return "^" + EscapeRegex(path.substr(0, at)) + std::string(pattern) +
           EscapeRegex(path.substr(at + segment.size())) + "\\z";
  }
  return "^" + EscapeRegex(path) + "\\z";
}

std::string ListenAddress(std::string_view address, std::int64_t port) {
  const bool bare_ipv6 = address.find(':') != std::string_view::npos && !address.starts_with('[');
  const std::string host = bare_ipv6 ? "[" + std::string(address) + "]" : std::string(address);
  return host.empty() ? std::to_string(port) : host + ":" + std::to_string(port);
}

}  // namespace gatehouse
