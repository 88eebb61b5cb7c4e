// What a person is called before we know whether they exist: the canonical form of an address and
// the key under which attempts and mails to it are counted.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fcgi/base/ids.h"
#include "fcgi/run/keyring.h"

namespace gatehouse::auth {

// NFC and lower case, as stored; comparison is then byte by byte (a collation folds too much).
std::string CanonicalEmail(std::string_view email);

// HMAC under the identifier ring over tenant and identifier, length-prefixed: 32 bytes. `tenant`
// is the id's bytes, or the slug where the tenant does not exist.
std::string IdentifierKey(const KeyRings& keys, std::string_view tenant,
                          std::string_view identifier);

}  // namespace gatehouse::auth
