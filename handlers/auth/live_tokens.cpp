#include "handlers/auth/live_tokens.h"

#include "fcgi/run/log.h"

namespace gatehouse::auth {
namespace {

// Some thousand tokens of the usual size.
constexpr std::size_t kMaxKnownBytes = 2 * 1024 * 1024;

std::int64_t Nanoseconds(const timespec& t) {
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

}  // namespace

Result<LiveTokens::Keys> LiveTokens::Read(const std::string& key_file, const std::string& issuer,
                                          const std::string& audience) {
  GH_ASSIGN(KeyRings rings, KeyRings::Load(key_file));
  GH_ASSIGN(TokenSigner signer, TokenSigner::Make(rings, issuer, audience));
  return Keys{std::move(rings), std::move(signer)};
}

LiveTokens::Stamp LiveTokens::StampOf(const std::string& path) {
  struct stat st {};
  if (::stat(path.c_str(), &st) != 0) return {};
  return {true, st.st_dev, st.st_ino, st.st_size, Nanoseconds(st.st_mtim), Nanoseconds(st.st_ctim)};
}

LiveTokens::LiveTokens(std::string key_file, std::string issuer, std::string audience,
                       Millis look_every, Stamp stamp, Keys keys)
    : key_file_(std::move(key_file)),
      issuer_(std::move(issuer)),
      audience_(std::move(audience)),
      look_every_(look_every),
      next_look_(Deadline::In(look_every)),
      stamp_(stamp),
      keys_(std::move(keys)),
      known_(kMaxKnownBytes) {}

Result<LiveTokens> LiveTokens::Open(std::string key_file, std::string issuer, std::string audience,
                                    Millis look_every) {
  // Taken before the file is read, here and below: one that is replaced meanwhile is read again.
  const Stamp stamp = StampOf(key_file);
  GH_ASSIGN(Keys keys, Read(key_file, issuer, audience));
  return LiveTokens(std::move(key_file), std::move(issuer), std::move(audience), look_every, stamp,
                    std::move(keys));
}

bool LiveTokens::Look(bool again) {
  const Stamp stamp = StampOf(key_file_);
  const bool another = stamp != stamp_;
  if (!another && !(failed_ && again)) return false;
  stamp_ = stamp;
  auto read = Read(key_file_, issuer_, audience_);
  failed_ = !read.ok();
  if (failed_) {
    if (another) log::Err("keys.not_read", {{"reason", read.error().inner}});
    return false;
  }
  keys_ = std::move(read).value();
  known_.Clear();
  log::Info("keys.read", {{"active", keys_.signer.active_kid()}});
  return true;
}

void LiveTokens::Follow() {
  if (!next_look_.Expired()) return;
  Look(true);
  next_look_ = Deadline::In(look_every_);
}

std::string LiveTokens::Issue(const TokenSubject& subject, const Uuid& jti, TimePoint now,
                              TimePoint expires_at) {
  Look(false);
  return keys_.signer.Issue(subject, jti, now, expires_at);
}

std::variant<TokenClaims, TokenReject> LiveTokens::Verify(std::string_view token, TimePoint now) {
  return VerifyLate(token, now, Seconds(0));
}

std::variant<TokenClaims, TokenReject> LiveTokens::VerifyLate(std::string_view token, TimePoint now,
                                                              Seconds late) {
  Follow();
  const TokenClaims* claims = known_.Find(token);
  std::variant<TokenClaims, TokenReject> verdict;
  if (claims == nullptr) {
    verdict = keys_.signer.Authenticate(token);
    const auto* reject = std::get_if<TokenReject>(&verdict);
    if (reject != nullptr && reject->reason == kUnknownKid && Look(false)) {
      verdict = keys_.signer.Authenticate(token);
    }
    claims = std::get_if<TokenClaims>(&verdict);
    if (claims == nullptr) return verdict;
    known_.Put(token, *claims, 0);
  }
  if (const auto reject = CheckTimes(*claims, now, late)) return *reject;
  return *claims;
}

const Key& LiveTokens::ActiveKey(Ring ring) {
  Look(false);
  return keys_.rings.Active(ring);
}

const Key* LiveTokens::FindKey(Ring ring, std::string_view kid) {
  Follow();
  const Key* key = keys_.rings.Find(ring, kid);
  if (key == nullptr && Look(false)) key = keys_.rings.Find(ring, kid);
  return key;
}

std::string LiveTokens::PublicKeys() {
  Look(false);
  return keys_.signer.PublicKeys();
}

}  // namespace gatehouse::auth
