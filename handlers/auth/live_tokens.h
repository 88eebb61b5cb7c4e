// Access tokens under the keys that the key file has now (SPEC T3): every process follows the file
// by itself, without a restart. So are the keys of other rings that are asked for here (the ring
// totp, for sealed.h); those of Services::keys are what they were at start.
//
// No token of a living key is refused while a file is being picked up: one that names an unknown
// key has the file looked at first, so that a worker which signs with a new key may be ahead of one
// that verifies. A look is a stat(2), a fraction of what the request costs anyway; the file is read
// only where it is another one. What was read stays where the new file cannot be.
//
// A token that was found good is remembered with its claims until the keys change: looking it up is
// a fraction of verifying a signature, and the same token comes with every request of a session.
// Its times are checked each time. Nothing else is remembered: whether the session lives is not the
// token's to say.
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>
#include <variant>

#include "fcgi/base/lru.h"
#include "fcgi/run/keyring.h"
#include "handlers/auth/token.h"

namespace gatehouse::auth {

// How often the file is looked at without a reason: for so long a retired key may still verify.
inline constexpr Millis kLookEvery{1000};

class LiveTokens {
 public:
  // Reads the file for the first time.
  static Result<LiveTokens> Open(std::string key_file, std::string issuer, std::string audience,
                                 Millis look_every = kLookEvery);

  // As TokenSigner. Issue looks at the file every time: once `gatehouse key rotate` has returned,
  // nothing is signed with the key before.
  std::string Issue(const TokenSubject& subject, const Uuid& jti, TimePoint now,
                    TimePoint expires_at);
  std::variant<TokenClaims, TokenReject> Verify(std::string_view token, TimePoint now);
  // Also one that has expired, by less than `late`: such a token lets nobody in (session_end.h).
  std::variant<TokenClaims, TokenReject> VerifyLate(std::string_view token, TimePoint now,
                                                    Seconds late);
  std::string PublicKeys();

  // The keys of a ring as the file has them now; views until the next call. Sealing looks at the
  // file every time, as Issue does; opening where the kid is not known (nullptr: unknown or
  // retired there too).
  const Key& ActiveKey(Ring ring);
  const Key* FindKey(Ring ring, std::string_view kid);

  // Looks at the file where it is time to. Verify does; for processes that have nothing to do.
  void Follow();

 private:
  // Which file was there; an edit in place moves its times.
  struct Stamp {
    bool there = false;
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    std::int64_t modified_ns = 0, changed_ns = 0;
    bool operator==(const Stamp&) const = default;
  };
  static Stamp StampOf(const std::string& path);

  // What was read together is used together.
  struct Keys {
    KeyRings rings;
    TokenSigner signer;
  };
  static Result<Keys> Read(const std::string& key_file, const std::string& issuer,
                           const std::string& audience);

  LiveTokens(std::string key_file, std::string issuer, std::string audience, Millis look_every,
             Stamp stamp, Keys keys);
  // True where other keys have been read. `again`: also a file that could not be read before.
  bool Look(bool again);

  std::string key_file_, issuer_, audience_;
  Millis look_every_;
  Deadline next_look_;
  Stamp stamp_;  // of the file as it was last tried
  bool failed_ = false;
  Keys keys_;
  Lru<TokenClaims> known_;  // by the whole token, verified under the signer
};

}  // namespace gatehouse::auth
