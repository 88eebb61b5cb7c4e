#include "handlers/auth/device_cookie.h"

#include "fcgi/base/codec.h"
#include "fcgi/lib/crypto.h"

namespace gatehouse::auth {
namespace {

constexpr std::size_t kBrowserIdBytes = 16;

std::string MacOf(const Key& key, const DeviceMark& mark) {
  const crypto::HmacSha256 mac(key.secret.Reveal());
  return std::string(crypto::AsView(
      mac.Mac(crypto::LengthPrefixed({"device cookie", mark.device_id, mark.browser_id}))));
}

}  // namespace

std::string NewBrowserId(Entropy& entropy) { return entropy.Bytes(kBrowserIdBytes); }

std::string SignDevice(const KeyRings& keys, const DeviceMark& mark) {
  return Base64UrlEncode(mark.device_id) + "." + Base64UrlEncode(mark.browser_id) + "." +
         Base64UrlEncode(MacOf(keys.Active(Ring::kIdentifier), mark));
}

std::optional<DeviceMark> OpenDevice(const KeyRings& keys, std::string_view value) {
  const auto first = value.find('.');
  const auto second = value.find('.', first + 1);
  if (value.size() > 512 || first == std::string_view::npos || second == std::string_view::npos) {
    return std::nullopt;
  }
  auto device_id = Base64UrlDecode(value.substr(0, first));
  auto browser_id = Base64UrlDecode(value.substr(first + 1, second - first - 1));
  const auto mac = Base64UrlDecode(value.substr(second + 1));
  if (!device_id || !browser_id || browser_id->size() != kBrowserIdBytes || !mac) {
    return std::nullopt;
  }
  DeviceMark mark{std::move(*device_id), std::move(*browser_id)};
  for (const Key& key : keys.All(Ring::kIdentifier)) {
    if (key.state != KeyState::kRetired && crypto::ConstantTimeEqual(*mac, MacOf(key, mark))) {
      return mark;
    }
  }
  return std::nullopt;
}

}  // namespace gatehouse::auth
