#include "fcgi/base/net.h"

#include <arpa/inet.h>

#include <array>
#include <charconv>

namespace gatehouse {
namespace {

constexpr std::string_view kMappedPrefix{"\0\0\0\0\0\0\0\0\0\0\xff\xff", 12};

}  // namespace

std::optional<std::string> ParseIp(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string terminated(text);
  std::array<char, 16> raw{};
  if (inet_pton(AF_INET, terminated.c_str(), raw.data()) == 1) return std::string(raw.data(), 4);
  if (inet_pton(AF_INET6, terminated.c_str(), raw.data()) != 1) return std::nullopt;
  std::string out(raw.data(), 16);
  if (out.starts_with(kMappedPrefix)) out.erase(0, kMappedPrefix.size());
  return out;
}

bool IpInNetwork(std::string_view ip, std::string_view network) {
  const auto slash = network.find('/');
  const auto address = ParseIp(ip);
  const auto base = ParseIp(network.substr(0, slash));
  if (!address || !base || address->size() != base->size()) return false;
  unsigned bits = static_cast<unsigned>(base->size()) * 8;
  if (slash != std::string_view::npos) {
    const auto text = network.substr(slash + 1);
    unsigned given = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), given);
    if (error != std::errc() || end != text.data() + text.size() || given > bits) return false;
    bits = given;
  }
  for (unsigned i = 0; i < bits; ++i) {
    const auto mask = static_cast<unsigned char>(0x80U >> (i % 8));
    if ((((*address)[i / 8] ^ (*base)[i / 8]) & mask) != 0) return false;
  }
  return true;
}

bool IsSameSubnet(std::string_view a, std::string_view b) {
  const auto address = ParseIp(a);
  if (!address) return false;
  return IpInNetwork(b, std::string(a) + (address->size() == 4 ? "/24" : "/64"));
}

bool IsSameIp(std::string_view a, std::string_view b) {
  const auto address = ParseIp(a);
  return address && address == ParseIp(b);
}

bool IsLoopback(std::string_view ip) {
  return IpInNetwork(ip, "127.0.0.0/8") || IpInNetwork(ip, "::1");
}

}  // namespace gatehouse
