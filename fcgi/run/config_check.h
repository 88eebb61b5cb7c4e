// What a value of the configuration may be. Each check returns what is wrong, or "".
#pragma once

#include <string>
#include <string_view>

namespace gatehouse {

// "https://host[:port]" in lower case, without user, path, query or fragment. http only where the
// host is this machine.
std::string CheckBaseUrl(std::string_view url);
// "https://host[:port]", "https://*.host[:port]"; http only for this machine.
std::string CheckOrigin(std::string_view origin);
// An address, or an address with /prefix.
std::string CheckNetwork(std::string_view text);
std::string CheckAddress(std::string_view text);
std::string CheckAbsolutePath(std::string_view path);
// A unix socket's path, or host:port.
std::string CheckServer(std::string_view server);
std::string CheckHostName(std::string_view name);
std::string CheckSlug(std::string_view slug);  // API.md: [a-z0-9][a-z0-9-]{0,62}
std::string CheckMailAddress(std::string_view address);
std::string CheckSmtpUrl(std::string_view url);

// The host of an URL, without port and brackets.
std::string_view HostOf(std::string_view url);
// localhost, 127.0.0.0/8 or ::1.
bool IsLoopbackHost(std::string_view host);

}  // namespace gatehouse
