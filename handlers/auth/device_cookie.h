// The device cookie: what this server signed for a browser at its last sign-in (the cookie itself
// is an HTTP matter, handlers/api/cookies.h). It keeps the browser's device id over sign-ins (SPEC
// S2), and a random id of the browser's own, by which accounts know it again (SPEC L3): a device id
// will not do for that, for clients choose those.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fcgi/base/entropy.h"
#include "fcgi/run/keyring.h"

namespace gatehouse::auth {

struct DeviceMark {
  std::string device_id;
  std::string browser_id;  // 16 random bytes, made here
};

std::string NewBrowserId(Entropy& entropy);

std::string SignDevice(const KeyRings& keys, const DeviceMark& mark);
// nullopt where the value is not one of ours.
std::optional<DeviceMark> OpenDevice(const KeyRings& keys, std::string_view value);

}  // namespace gatehouse::auth
