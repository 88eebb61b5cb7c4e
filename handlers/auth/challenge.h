// The answer to a second factor's challenge (SPEC F2).
//
// A challenge is a row in MariaDB, known by the hash of its token. It dies with its success, with
// the fifth wrong code, at its end, and with whatever ends the person's sessions or makes their
// sign-in impossible meanwhile: whoever holds one begins anew. A wrong code counts towards the
// account's lock as a wrong password does.
#pragma once

#include <string>
#include <string_view>

#include "handlers/auth/sign_in.h"

namespace gatehouse::auth {

struct ChallengeAnswer {
  std::string_view token;
  std::string_view code;
  bool origin_allowed = false;  // of the request: cookies are given to no other page
};

struct AnsweredChallenge {
  SessionGrant grant;
  std::string browser_id;  // of the browser that began
};

// kInvalidChallenge, kInvalidCode, kTooManyAttempts, kOriginNotAllowed.
Result<AnsweredChallenge> AnswerChallenge(Services& services, const Caller& caller,
                                          const ChallengeAnswer& answer);

}  // namespace gatehouse::auth
