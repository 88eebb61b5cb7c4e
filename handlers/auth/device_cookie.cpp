#include "handlers/auth/device_cookie.h"

#include "fcgi/base/codec.h"
#include "fcgi/lib/crypto.h"

namespace gatehouse::auth {
namespace {

std::string MacOf(const Key& key, std::string_view device_id) {
  const crypto::HmacSha256 mac(key.secret.Reveal());
  return std::string(crypto::AsView(mac.Mac(crypto::LengthPrefixed({"device cookie", device_id}))));
}

}  // namespace

std::string SignDevice(const KeyRings& keys, std::string_view device_id) {
  return Base64UrlEncode(device_id) + "." +
         Base64UrlEncode(MacOf(keys.Active(Ring::kIdentifier), device_id));
}

std::optional<std::string> OpenDevice(const KeyRings& keys, std::string_view value) {
  const auto dot = value.find('.');
  if (value.size() > 512 || dot == std::string_view::npos) return std::nullopt;
  auto device_id = Base64UrlDecode(value.substr(0, dot));
  const auto mac = Base64UrlDecode(value.substr(dot + 1));
  if (!device_id || !mac) return std::nullopt;
  for (const Key& key : keys.All(Ring::kIdentifier)) {
    if (key.state != KeyState::kRetired &&
        crypto::ConstantTimeEqual(*mac, MacOf(key, *device_id))) {
      return device_id;
    }
  }
  return std::nullopt;
}

}  // namespace gatehouse::auth
