// The device cookie: a device id that this server signed, so that a browser keeps its identity over
// sign-ins (SPEC S2; the cookie itself is an HTTP matter, handlers/api/cookies.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fcgi/run/keyring.h"

namespace gatehouse::auth {

std::string SignDevice(const KeyRings& keys, std::string_view device_id);
// The device id; nullopt where the value is not one of ours.
std::optional<std::string> OpenDevice(const KeyRings& keys, std::string_view value);

}  // namespace gatehouse::auth
