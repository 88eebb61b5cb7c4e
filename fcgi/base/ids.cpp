#include "fcgi/base/ids.h"

#include <algorithm>

#include "fcgi/base/codec.h"

namespace gatehouse {
namespace {

constexpr std::size_t kTextSize = 36;

}  // namespace

bool Uuid::is_nil() const {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
}

std::string Uuid::ToString() const {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out(kTextSize, '-');
  char* next = out.data();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) ++next;
    *next++ = kHex[bytes[i] >> 4U];
    *next++ = kHex[bytes[i] & 15U];
  }
  return out;
}

std::optional<Uuid> Uuid::Parse(std::string_view text) {
  if (text.size() != kTextSize) return std::nullopt;
  std::string hex;
  hex.reserve(32);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool hyphen_due = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen_due != (text[i] == '-')) return std::nullopt;
    if (!hyphen_due) hex.push_back(text[i]);
  }
  const auto raw = HexDecode(hex);
  return raw ? FromBytes(*raw) : std::nullopt;
}

std::optional<Uuid> Uuid::FromBytes(std::string_view raw) {
  Uuid out;
  if (raw.size() != out.bytes.size()) return std::nullopt;
  std::memcpy(out.bytes.data(), raw.data(), raw.size());
  return out;
}

Uuid Uuid::V7(TimePoint now, Entropy& entropy) {
  Uuid out;
  entropy.Fill(out.bytes);
  auto ms = static_cast<std::uint64_t>(std::chrono::floor<Millis>(now).time_since_epoch().count());
  for (std::size_t i = 6; i-- > 0; ms >>= 8U) out.bytes[i] = static_cast<std::uint8_t>(ms);
  out.bytes[6] = static_cast<std::uint8_t>((out.bytes[6] & 0x0fU) | 0x70U);
  out.bytes[8] = static_cast<std::uint8_t>((out.bytes[8] & 0x3fU) | 0x80U);
  return out;
}

}  // namespace gatehouse
