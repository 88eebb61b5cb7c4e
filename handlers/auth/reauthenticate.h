// Somebody with a live session proves themselves again, before a change that a borrowed session
// must not make.
#pragma once

#include <optional>
#include <string_view>

#include "handlers/auth/principal.h"
#include "handlers/auth/services.h"
#include "handlers/auth/tenant.h"
#include "sql/store/users.h"

namespace gatehouse::auth {

struct OwnProof {
  std::string_view password;  // "": none was given
  std::string_view code{};    // likewise
  bool with_code = false;     // also the second factor, where one is on
};

// The password counts as at sign-in, and so does the code after it. Who has no password (they come
// by OAuth) proves themselves by a sign-in less than ten minutes old. What counted against the
// account counts no more afterwards, but with the second factor on only after a code: a password
// alone would let somebody who has it try codes for ever.
//
// `refused` is to be committed, for it may be on record: kWrongPassword, kInvalidCode,
// kTooManyAttempts; kSecondFactorRequired where the code is missing, kValidationFailed where the
// password is, kAuthenticationRequired where that sign-in is too old.
struct Reauthentication {
  std::optional<Error> refused;
  std::optional<store::User> user;  // locked row, unless refused
};
Result<Reauthentication> Reauthenticate(Services& services, db::Executor& ex, const Caller& caller,
                                        const TenantContext& tenant, const Principal& who,
                                        const OwnProof& proof);

}  // namespace gatehouse::auth
