#include "fcgi/run/config_check.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "fcgi/base/net.h"

namespace gatehouse {
namespace {

bool IsLowerAlnum(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// Decimal digits only, so that "+1" and " 1" do not pass.
std::optional<int> Number(std::string_view text, int low, int high) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || text[0] == '-' || error != std::errc() || end != text.data() + text.size() ||
      value < low || value > high) {
    return std::nullopt;
  }
  return value;
}

// 4, 6, or 0 where `text` is no address.
int AddressFamily(std::string_view text) {
  const auto ip = ParseIp(text);
  if (!ip) return 0;
  return ip->size() == 4 ? 4 : 6;
}

bool IsHostName(std::string_view name) {
  if (name.empty() || name.size() > 253) return false;
  while (true) {
    const auto dot = name.find('.');
    const auto label = name.substr(0, dot);
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') {
      return false;
    }
    if (!std::all_of(label.begin(), label.end(),
                     [](char c) { return IsLowerAlnum(c) || c == '-'; })) {
      return false;
    }
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

struct Authority {
  std::string_view host;  // without brackets
  std::string_view port;  // "" where there is none
};

// host[:port] or [v6][:port]; nullopt where it is neither.
std::optional<Authority> SplitAuthority(std::string_view text) {
  Authority out;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    out.host = text.substr(1, close - 1);
    if (AddressFamily(out.host) != 6) return std::nullopt;
    text.remove_prefix(close + 1);
  } else {
    out.host = text.substr(0, text.find(':'));
    if (AddressFamily(out.host) != 4 && !IsHostName(out.host)) return std::nullopt;
    text.remove_prefix(out.host.size());
  }
  if (text.empty()) return out;
  out.port = text.substr(1);
  if (text[0] != ':' || !Number(out.port, 1, 65535)) return std::nullopt;
  return out;
}

std::string CheckWebOrigin(std::string_view url, bool wildcard) {
  const bool secure = url.starts_with("https://");
  if (!secure && !url.starts_with("http://")) return "must begin with https://";
  url.remove_prefix(secure ? 8 : 7);
  bool any = false;
  if (wildcard && url.starts_with("*.")) {
    any = true;
    url.remove_prefix(2);
  }
  const auto authority = SplitAuthority(url);
  if (!authority) {
    return "must be scheme://host or scheme://host:port in lower case, without a path or a "
           "trailing slash";
  }
  // "https://*.com" would trust everybody.
  if (any && authority->host.find('.') == std::string_view::npos) {
    return "a wildcard needs at least two labels behind it";
  }
  if (any && AddressFamily(authority->host) != 0) return "a wildcard needs a name, not an address";
  if (authority->port == (secure ? "443" : "80")) {
    return "names the default port, which browsers leave out of an origin";
  }
  if (!secure && !IsLoopbackHost(authority->host)) {
    return "must begin with https:// (http:// is for this machine only)";
  }
  return "";
}

}  // namespace

std::string_view HostOf(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find('/'));
  const auto authority = SplitAuthority(url);
  return authority ? authority->host : std::string_view();
}

bool IsLoopbackHost(std::string_view host) { return host == "localhost" || IsLoopback(host); }

std::string CheckBaseUrl(std::string_view url) { return CheckWebOrigin(url, false); }

std::string CheckOrigin(std::string_view origin) { return CheckWebOrigin(origin, true); }

std::string CheckAddress(std::string_view text) {
  return AddressFamily(text) != 0 ? "" : "is not an IPv4 or IPv6 address";
}

std::string CheckNetwork(std::string_view text) {
  const auto slash = text.find('/');
  const int family = AddressFamily(text.substr(0, slash));
  if (family == 0) return "is not an address or address/prefix";
  if (slash == std::string_view::npos) return "";
  return Number(text.substr(slash + 1), 0, family == 4 ? 32 : 128) ? ""
                                                                   : "has a prefix out of range";
}

std::string CheckAbsolutePath(std::string_view path) {
  if (!path.starts_with('/')) return "must be an absolute path";
  // These files are also written into nginx's configuration.
  const bool plain = std::none_of(path.begin(), path.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == 0x7f ||
           std::string_view("\"';{}$\\").find(c) != std::string_view::npos;
  });
  return plain ? "" : "must not hold white space, quotes, backslash, ';', '{', '}' or '$'";
}

std::string CheckServer(std::string_view server) {
  if (server.starts_with('/')) return CheckAbsolutePath(server);
  const auto authority = SplitAuthority(server);
  return authority && !authority->port.empty() ? "" : "must be a socket's path or host:port";
}

std::string CheckHostName(std::string_view name) {
  return IsHostName(name) || AddressFamily(name) != 0 ? "" : "is not a host name in lower case";
}

std::string CheckSlug(std::string_view slug) {
  const bool good =
      !slug.empty() && slug.size() <= 63 && slug[0] != '-' &&
      std::all_of(slug.begin(), slug.end(), [](char c) { return IsLowerAlnum(c) || c == '-'; });
  return good ? "" : "must match [a-z0-9][a-z0-9-]{0,62}";
}

std::string CheckMailAddress(std::string_view address) {
  const auto at = address.rfind('@');
  if (at == std::string_view::npos || at == 0 || address.size() > 254) {
    return "is not a mail address";
  }
  const auto local = address.substr(0, at);
  const bool plain = std::all_of(local.begin(), local.end(), [](char c) {
    return c > ' ' && c < 0x7f &&
           std::string_view("<>()[]@,;:\\\"").find(c) == std::string_view::npos;
  });
  std::string domain(address.substr(at + 1));
  for (char& c : domain) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return plain && IsHostName(domain) ? "" : "is not a mail address";
}

std::string CheckSmtpUrl(std::string_view url) {
  const bool plain = url.starts_with("smtp://");
  if (!plain && !url.starts_with("smtps://")) return "must begin with smtp:// or smtps://";
  url.remove_prefix(plain ? 7 : 8);
  return SplitAuthority(url) ? "" : "must be smtp://host:port, without user or path";
}

}  // namespace gatehouse
