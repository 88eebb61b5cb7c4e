// The second factor of an account: TOTP and recovery codes (SPEC F1, F3). Every code works once:
// the user's row is locked from the look at what was used to the commit, so that no other worker
// takes the same one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fcgi/lib/qr.h"
#include "handlers/auth/principal.h"
#include "handlers/auth/services.h"
#include "handlers/auth/totp.h"
#include "sql/store/users.h"

namespace gatehouse::auth {

enum class CodeKind { kTotp, kRecoveryCode };
std::string_view AmrOf(CodeKind kind);  // "otp", "rec" (RFC 8176, API.md)

// Uses a code up; nullopt where it is wrong or used, or no second factor is on. In a transaction
// that holds `user`'s row; a recovery code's use is audited here. Whoever asks has seen to the
// lock and counts the failure (attempt.h).
Result<std::optional<CodeKind>> UseCode(Services& services, db::Executor& ex, const Caller& caller,
                                        const store::User& user, std::string_view code);

// A fresh secret, not in force until it is confirmed; it replaces an unconfirmed one.
// kTwoFactorAlreadyEnabled; as Reauthenticate.
struct Enrolment {
  std::string secret;  // base32
  std::string otpauth_uri;
  QrPictures qr;
};
Result<Enrolment> Enrol(Services& services, const Caller& caller, const Principal& who,
                        std::string_view password);

// The second factor is on from now. Returns the recovery codes, which are nowhere else. Wrong codes
// count and lock as anywhere. kInvalidCode, kTooManyAttempts, kTwoFactorAlreadyEnabled.
Result<std::vector<std::string>> ConfirmEnrolment(Services& services, const Caller& caller,
                                                  const Principal& who, std::string_view code);

// As Reauthenticate, with the code; kInvalidCode also where no second factor is on.
Status DisableSecondFactor(Services& services, const Caller& caller, const Principal& who,
                           std::string_view password, std::string_view code);
// Ten new ones; those before are dead.
Result<std::vector<std::string>> RenewRecoveryCodes(Services& services, const Caller& caller,
                                                    const Principal& who, std::string_view password,
                                                    std::string_view code);

// For somebody who has lost theirs. False where none was on.
Result<bool> ResetSecondFactor(Services& services, const Caller& caller, const Actor& actor,
                               UserId user);

}  // namespace gatehouse::auth
