// URLs of servers that we call and of pages that we send people to. The parser is strict: what a
// browser or another library might read in a second way is refused, not repaired.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse {

// "https://host[:port][/path][?query]". All views are of the text that was parsed.
struct Url {
  std::string_view scheme;  // "https" or "http"
  std::string_view host;    // lower case; an IPv6 address without its brackets
  std::string_view port;    // "" where none is named
  std::string_view origin;  // scheme://host[:port]
  std::string_view path;    // "" or begins with '/'
  std::string_view query;   // without the '?'
  bool has_query = false;
};

// nullopt for user names, fragments, backslashes, white space, controls, anything that is not
// ASCII, upper-case schemes and hosts, and texts over 2000 bytes.
std::optional<Url> ParseUrl(std::string_view text);

// What we may call: https, or, where `loopback_http`, http to localhost, 127.0.0.0/8 or ::1.
bool IsCallable(const Url& url, bool loopback_http);

// Percent-encodes all but unreserved characters (RFC 3986 section 2.3).
std::string QueryEncode(std::string_view text);

// "a=b&c=d", each encoded.
using UrlParameters = std::vector<std::pair<std::string, std::string>>;
std::string FormEncode(const UrlParameters& parameters);
// `url` with these behind whatever query it has. `url` has no fragment.
std::string WithQuery(std::string_view url, const UrlParameters& parameters);

// Where a person may be sent after a sign-in: a path of this site ("/…"), or a URL of `own_origin`
// or of one of `allowed` (origins, spelled exactly so). Refused: "//host", "/\host", user names,
// other schemes, controls, white space, and texts over 2000 bytes.
bool IsReturnTarget(std::string_view target, std::string_view own_origin,
                    const std::vector<std::string>& allowed);

}  // namespace gatehouse
