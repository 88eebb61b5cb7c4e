// IP addresses and networks as text, for allowlists.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse {

// An IPv4 or IPv6 address as 4 or 16 bytes in network order; an IPv4-mapped one becomes IPv4.
std::optional<std::string> ParseIp(std::string_view text);
// `network` is an address or CIDR ("10.0.0.0/8"). False where either does not parse.
bool IpInNetwork(std::string_view ip, std::string_view network);
bool IsLoopback(std::string_view ip);
// Both in one /24 (IPv4) or /64 (IPv6). False where either does not parse.
bool IsSameSubnet(std::string_view a, std::string_view b);
// The same address, however it is written.
bool IsSameIp(std::string_view a, std::string_view b);

}  // namespace gatehouse
