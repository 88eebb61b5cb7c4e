#include "handlers/auth/id_token.h"

#include <gtest/gtest.h>

#include "fcgi/base/codec.h"
#include "fcgi/lib/crypto.h"

namespace gatehouse::auth {
namespace {

using crypto::SignatureAlgorithm;
using crypto::SignatureKey;

const TimePoint kNow = *FromRfc3339("2026-11-21T12:00:00Z");
const IdTokenExpectation kExpected{"https://id.test", "client", "nonce"};

SignatureKey NewKey(SignatureAlgorithm algorithm) {
  const Secret der = SignatureKey::Generate(algorithm);
  return *SignatureKey::FromPkcs8(algorithm, der.Reveal());
}

json::Object JwkOf(const SignatureKey& key, std::string_view kid) {
  json::Object out{{"kid", std::string(kid)}};
  for (const auto& [name, value] : key.PublicJwk()) out.emplace_back(name, value);
  return out;
}

ProviderKeys KeysOf(json::Array jwks) {
  return *ProviderKeys::Parse(
      json::Write(json::Value(json::Object{{"keys", json::Value(std::move(jwks))}})));
}

json::Object Claims() {
  return {{"iss", "https://id.test"},   {"aud", "client"},
          {"nonce", "nonce"},           {"sub", "ada"},
          {"iat", ToUnixSeconds(kNow)}, {"exp", ToUnixSeconds(kNow) + 60}};
}

std::string Token(const SignatureKey& key, const std::string& header, json::Object claims) {
  const std::string part =
      Base64UrlEncode(header) + "." + Base64UrlEncode(json::Write(json::Value(std::move(claims))));
  return part + "." + Base64UrlEncode(key.Sign(part));
}

std::string Verdict(const ProviderKeys& keys, const std::string& token, TimePoint now = kNow) {
  const auto verdict = VerifyIdToken(token, keys, kExpected, now);
  const auto* reject = std::get_if<TokenReject>(&verdict);
  return reject != nullptr ? std::string(reject->reason) : "";
}

class IdTokenTest : public testing::Test {
 protected:
  json::Object With(std::string_view name, json::Value value) const {
    json::Object out = Claims();
    std::erase_if(out, [&](const auto& member) { return member.first == name; });
    out.emplace_back(std::string(name), std::move(value));
    return out;
  }
  std::string Rejected(json::Object claims) const {
    return Verdict(keys_, Token(key_, R"({"alg":"ES256","kid":"a"})", std::move(claims)));
  }
  const SignatureKey key_ = NewKey(SignatureAlgorithm::kEs256);
  const ProviderKeys keys_ = KeysOf({json::Value(JwkOf(key_, "a"))});
};

TEST_F(IdTokenTest, O1EveryAlgorithmUnderItsOwnKey) {
  for (const auto algorithm :
       {SignatureAlgorithm::kRs256, SignatureAlgorithm::kEs256, SignatureAlgorithm::kEdDsa}) {
    const auto key = NewKey(algorithm);
    const auto keys = KeysOf({json::Value(JwkOf(key_, "a")), json::Value(JwkOf(key, "b"))});
    const std::string name(crypto::ToString(algorithm));
    EXPECT_EQ(Verdict(keys, Token(key, R"({"alg":")" + name + R"(","kid":"b"})", Claims())), "");
    EXPECT_EQ(Verdict(keys, Token(key, R"({"alg":"HS256","kid":"b"})", Claims())), "alg");
    EXPECT_EQ(Verdict(keys, Token(key, R"({"alg":"none","kid":"b"})", Claims())), "alg");
  }
}

TEST_F(IdTokenTest, O1TheHeader) {
  // Without a kid there must be one key that fits.
  EXPECT_EQ(Verdict(keys_, Token(key_, R"({"alg":"ES256"})", Claims())), "");
  const auto two = KeysOf({json::Value(JwkOf(key_, "a")), json::Value(JwkOf(key_, "b"))});
  EXPECT_EQ(Verdict(two, Token(key_, R"({"alg":"ES256"})", Claims())), "kid");
  EXPECT_EQ(Verdict(keys_, Token(key_, R"({"alg":"ES256","kid":"b"})", Claims())), "kid");
  EXPECT_EQ(Verdict(keys_, Token(key_, R"({"alg":"ES256","kid":7})", Claims())), "kid");
  EXPECT_EQ(Verdict(keys_, Token(key_, R"({"alg":"ES256","crit":["b64"]})", Claims())), "crit");
  EXPECT_EQ(Verdict(keys_, Token(key_, R"({"alg":"es256"})", Claims())), "alg");
  EXPECT_EQ(Verdict(keys_, Token(key_, R"({"kid":"a"})", Claims())), "alg");
  // typ is as the provider likes it.
  EXPECT_EQ(Verdict(keys_, Token(key_, R"({"alg":"ES256","typ":"at+jwt"})", Claims())), "");
  EXPECT_EQ(Verdict(keys_, Token(NewKey(SignatureAlgorithm::kEs256), R"({"alg":"ES256","kid":"a"})",
                                 Claims())),
            "signature");
  for (const char* bad : {"", "a", "a.b", "a.b.c", "a.b.c.d", "..", "e30.e30.!"}) {
    EXPECT_EQ(Verdict(keys_, bad), "malformed") << bad;
  }
}

TEST_F(IdTokenTest, O1TheClaims) {
  EXPECT_EQ(Rejected(Claims()), "");
  EXPECT_EQ(Rejected(With("iss", "https://id.test/")), "iss");
  EXPECT_EQ(Rejected(With("nonce", "")), "nonce");
  EXPECT_EQ(Rejected(With("nonce", json::Value())), "nonce");
  EXPECT_EQ(Rejected(With("aud", "other")), "aud");
  EXPECT_EQ(Rejected(With("aud", json::Array{"client"})), "");
  EXPECT_EQ(Rejected(With("aud", json::Array{"client", "other"})), "aud");
  auto several = With("aud", json::Array{"client", "other"});
  several.emplace_back("azp", "client");
  EXPECT_EQ(Rejected(several), "");
  EXPECT_EQ(Rejected(With("azp", "other")), "aud");
  EXPECT_EQ(Rejected(With("azp", json::Value())), "aud");
}

TEST_F(IdTokenTest, O1TheTimes) {
  const auto now = ToUnixSeconds(kNow);
  EXPECT_EQ(Rejected(With("exp", now)), "expired") << "exactly";
  EXPECT_EQ(Rejected(With("exp", now + 1)), "");
  EXPECT_EQ(Rejected(With("exp", 1e300)), "dates");
  EXPECT_EQ(Rejected(With("exp", std::int64_t{-1})), "dates");
  EXPECT_EQ(Rejected(With("iat", now + 30)), "");
  EXPECT_EQ(Rejected(With("iat", now + 31)), "iat in the future");
  EXPECT_EQ(Rejected(With("iat", now - 600)), "");
  EXPECT_EQ(Rejected(With("iat", now - 601)), "iat long ago");
  EXPECT_EQ(Rejected(With("iat", static_cast<double>(now) + 0.5)), "");
  EXPECT_EQ(Rejected(With("nbf", now + 31)), "nbf");
  EXPECT_EQ(Rejected(With("nbf", "soon")), "nbf");
}

TEST_F(IdTokenTest, O1KeysOfOtherKindsAreLeftOut) {
  EXPECT_FALSE(ProviderKeys::Parse("[]"));
  EXPECT_FALSE(ProviderKeys::Parse(R"({"keys":{}})"));
  auto for_encryption = JwkOf(key_, "a");
  for_encryption.emplace_back("use", "enc");
  EXPECT_FALSE(KeysOf({json::Value(for_encryption)}).Knows("a"));
  auto other = JwkOf(key_, "a");
  other.emplace_back("alg", "ES384");
  EXPECT_FALSE(KeysOf({json::Value(other)}).Knows("a"));
  const json::Object symmetric{{"kid", "s"}, {"kty", "oct"}, {"k", "c2VjcmV0"}};
  EXPECT_FALSE(KeysOf({json::Value(symmetric)}).Knows("s"));
  EXPECT_TRUE(KeysOf({json::Value(symmetric), json::Value(JwkOf(key_, "a")), 7.0}).Knows("a"));
}

}  // namespace
}  // namespace gatehouse::auth
