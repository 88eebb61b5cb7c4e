// Secrets that the database holds for later use (TOTP secrets, providers' client secrets), sealed
// with AES-256-GCM under the key file's ring totp: the database alone reveals none (SPEC F1).
//
// The ring is followed as the access tokens' is (live_tokens.h): what is sealed after `gatehouse
// key rotate --ring totp` has returned is sealed under the new key, and every running worker opens
// it. `gatehouse key reseal` brings what was sealed before under it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fcgi/base/secret.h"
#include "handlers/auth/services.h"

namespace gatehouse::auth {

struct SealedSecret {
  std::string box;  // nonce, ciphertext, tag: 28 bytes more than the secret
  std::string kid;  // at most 32 characters
};

// `context` says what the secret is and whose ("totp_secrets.secret <user id>"): a box that was
// moved to another row or column does not open.
SealedSecret SealSecret(Services& services, std::string_view secret, std::string_view context);
// nullopt where the key file no longer has the key, or the box is not of this place.
std::optional<Secret> OpenSecret(Services& services, const SealedSecret& sealed,
                                 std::string_view context);

}  // namespace gatehouse::auth
