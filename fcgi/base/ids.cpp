#include "fcgi/base/ids.h"

#include <algorithm>

#include "fcgi/base/codec.h"

namespace gatehouse {

bool Uuid::is_nil() const {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
}

std::string Uuid::ToString() const {
  std::string hex = HexEncode(view());
  for (const std::size_t at : {20U, 16U, 12U, 8U}) hex.insert(at, 1, '-');
  return hex;
}

std::optional<Uuid> Uuid::Parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
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
