#include "handlers/auth/token.h"

#include <gtest/gtest.h>

#include "fcgi/base/codec.h"
#include "fcgi/lib/json.h"

namespace gatehouse::auth {
namespace {

const TimePoint kNow = FromUnixSeconds(1'800'000'000);

constexpr const char* kIssuer = "https://gate.test";

TokenSigner SignerOf(const KeyRings& keys, const char* issuer = kIssuer,
                     const char* audience = kIssuer) {
  auto made = TokenSigner::Make(keys, issuer, audience);
  EXPECT_TRUE(made.ok()) << made.error().inner;
  return std::move(made).value();
}

class TokenTest : public ::testing::Test {
 protected:
  SeededEntropy entropy{1};
  KeyRings keys = KeyRings::Generate(entropy);
  TokenSigner signer = SignerOf(keys);
  TokenSubject subject{UserId::New(kNow, entropy),
                       TenantId::New(kNow, entropy),
                       SessionId::New(kNow, entropy),
                       "ann@example.test",
                       "Ann",
                       {"Owner", "Member"},
                       {"a:b:c"},
                       "b1",
                       std::nullopt,
                       "pwd",
                       kNow};

  std::string Issue() {
    return signer.Issue(subject, Uuid::V7(kNow, entropy), kNow, kNow + Seconds(3600));
  }
  static json::Value Claims(std::string_view token) {
    const auto first = token.find('.');
    return *json::Parse(*Base64UrlDecode(token.substr(first + 1, token.rfind('.') - first - 1)));
  }
  std::string_view Reason(std::string_view token, TimePoint now = kNow) {
    const auto verdict = signer.Verify(token, now);
    const auto* reject = std::get_if<TokenReject>(&verdict);
    return reject == nullptr ? "accepted" : reject->reason;
  }
  // A token over any header and payload, signed with the real key.
  std::string Forge(const std::string& header, const std::string& payload) {
    std::string token = Base64UrlEncode(header) + "." + Base64UrlEncode(payload);
    const crypto::HmacSha256 mac(keys.Active(Ring::kJwt).secret.Reveal());
    return token + "." + Base64UrlEncode(crypto::AsView(mac.Mac(token)));
  }
  std::string Header(const std::string& extra = "", const std::string& alg = "HS256",
                     const std::string& typ = "at+jwt") {
    return R"({"alg":")" + alg + R"(","kid":")" + keys.Active(Ring::kJwt).kid + R"(","typ":")" +
           typ + "\"" + extra + "}";
  }
  std::string Payload(const std::string& dates) {
    return R"({"iss":"https://gate.test","aud":"https://gate.test","sub":")" +
           subject.user_id.ToString() + R"(","sid":")" + subject.session_id.ToString() +
           R"(","tenant_id":")" + subject.tenant_id.ToString() + "\"," + dates + "}";
  }
  std::string Dates(std::int64_t iat, std::int64_t nbf, std::int64_t exp) {
    return "\"iat\":" + std::to_string(iat) + ",\"nbf\":" + std::to_string(nbf) +
           ",\"exp\":" + std::to_string(exp);
  }
  std::string GoodPayload() {
    const auto now = ToUnixSeconds(kNow);
    return Payload(Dates(now, now, now + 3600));
  }
};

TEST_F(TokenTest, T1CarriesTheClaims) {
  const std::string token = Issue();
  const auto first = token.find('.');
  const auto payload =
      Base64UrlDecode(std::string_view(token).substr(first + 1, token.rfind('.') - first - 1));
  ASSERT_TRUE(payload);
  const auto claims = json::Parse(*payload);
  ASSERT_TRUE(claims);
  for (const char* name :
       {"iss", "aud", "sub", "jti", "sid", "iat", "nbf", "exp", "email", "username", "tenant_id",
        "role", "roles", "permissions", "branch_id", "amr", "auth_time"}) {
    EXPECT_NE(claims->Find(name), nullptr) << name;
  }
  EXPECT_EQ(*claims->Find("role")->string(), "Owner");
  EXPECT_EQ(claims->Find("restaurant_id"), nullptr);
}

TEST_F(TokenTest, T2WritesRolesAsTheTenantWants) {
  subject.roles_as_csv = true;
  EXPECT_EQ(*Claims(Issue()).Find("roles")->string(), "Owner,Member");
  EXPECT_EQ(*Claims(Issue()).Find("role")->string(), "Owner");
  subject.roles.clear();
  EXPECT_EQ(*Claims(Issue()).Find("roles")->string(), "");
  EXPECT_TRUE(Claims(Issue()).Find("role")->is_null());
}

TEST_F(TokenTest, T2SaysNothingOfPermissionsWhereTheTenantWantsNone) {
  subject.with_permissions = false;
  for (int i = 0; i < 2; ++i) {
    const auto claims = Claims(Issue());
    EXPECT_EQ(claims.Find("permissions"), nullptr);
    EXPECT_EQ(claims.Find("permissions_omitted"), nullptr);
    subject.permissions.assign(1000, "module:resource:action");
  }
}

// A token of 3072 bytes has them, one byte more and they are gone.
TEST_F(TokenTest, T2TheLimitIsExact) {
  bool fitted = false, omitted = false;
  for (std::size_t length = 1; length < 3000 && !omitted; ++length) {
    subject.permissions = {std::string(length, 'x')};
    const auto token = Issue();
    const bool there = Claims(token).Find("permissions") != nullptr;
    EXPECT_LE(token.size(), 3072U);
    fitted = there ? token.size() >= 3070 : fitted;
    omitted = !there;
    if (omitted) {
      EXPECT_TRUE(*Claims(token).Find("permissions_omitted")->boolean());
    }
  }
  EXPECT_TRUE(fitted);
  EXPECT_TRUE(omitted);
}

TEST_F(TokenTest, T2LeavesPermissionsOutWhereTheyWouldBeTooLong) {
  for (int i = 0; i < 300; ++i)
    subject.permissions.push_back("module:resource:" + std::to_string(i));
  const std::string token = Issue();
  EXPECT_LE(token.size(), kMaxTokenWithPermissions);
  const auto first = token.find('.');
  const auto payload =
      *Base64UrlDecode(std::string_view(token).substr(first + 1, token.rfind('.') - first - 1));
  EXPECT_NE(payload.find("\"permissions_omitted\":true"), std::string::npos);
  EXPECT_EQ(Reason(token), "accepted");
}

TEST_F(TokenTest, T4AcceptsItsOwnAndReadsIt) {
  const auto verdict = signer.Verify(Issue(), kNow);
  const auto* claims = std::get_if<TokenClaims>(&verdict);
  ASSERT_NE(claims, nullptr);
  EXPECT_EQ(claims->session_id, subject.session_id);
  EXPECT_EQ(claims->user_id, subject.user_id);
  EXPECT_EQ(claims->expires_at, kNow + Seconds(3600));
}

TEST_F(TokenTest, T4ExpiryIsExactAndOnlyIssueTimesHaveLeeway) {
  const auto now = ToUnixSeconds(kNow);
  const std::string token = Issue();
  EXPECT_EQ(Reason(token, kNow + Seconds(3600) - Micros(1)), "accepted");
  EXPECT_EQ(Reason(token, kNow + Seconds(3600)), "expired");
  EXPECT_EQ(Reason(Forge(Header(), Payload(Dates(now + 30, now + 30, now + 60)))), "accepted");
  EXPECT_EQ(Reason(Forge(Header(), Payload(Dates(now + 31, now, now + 60)))), "iat in the future");
  EXPECT_EQ(Reason(Forge(Header(), Payload(Dates(now, now + 31, now + 60)))), "nbf");
}

// RFC 8725: the key's algorithm counts, and nothing in a header leads anywhere.
TEST_F(TokenTest, T4RefusesForeignHeaders) {
  EXPECT_EQ(Reason(Forge(Header(), GoodPayload())), "accepted");
  EXPECT_EQ(Reason(Forge(
                R"({"typ":"at+jwt","kid":")" + keys.Active(Ring::kJwt).kid + R"(","alg":"HS256"})",
                GoodPayload())),
            "accepted");
  for (const char* alg : {"none", "None", "NONE", "nOnE", "HS384", "RS256", "ES256", "", "hs256"}) {
    EXPECT_EQ(Reason(Forge(Header("", alg), GoodPayload())), "alg") << alg;
  }
  for (const char* extra :
       {R"(,"crit":["exp"])", R"(,"jku":"https://evil.test")", R"(,"x5u":"https://evil.test")",
        R"(,"jwk":{"kty":"oct","k":"AAAA"})", R"(,"x5c":["AAAA"])", R"(,"b64":false)",
        R"(,"zip":"DEF")", R"(,"cty":"JWT")", R"(,"x":1)"}) {
    EXPECT_EQ(Reason(Forge(Header(extra), GoodPayload())), "foreign header member") << extra;
  }
  EXPECT_EQ(Reason(Forge(Header(R"(,"alg":"HS256")"), GoodPayload())), "malformed header");
  for (const char* typ : {"JWT", "at+JWT", "jwt", ""}) {
    EXPECT_EQ(Reason(Forge(Header("", "HS256", typ), GoodPayload())), "typ") << typ;
  }
  for (const char* kid : {"", "../../etc/passwd", "' OR 1=1 --", "unknown1"}) {
    EXPECT_EQ(Reason(Forge(std::string(R"({"alg":"HS256","kid":")") + kid + R"(","typ":"at+jwt"})",
                           GoodPayload())),
              "kid")
        << kid;
  }
}

TEST_F(TokenTest, T4RefusesBrokenFormsAndClaims) {
  const std::string token = Issue();
  EXPECT_EQ(Reason(""), "not three parts");
  EXPECT_EQ(Reason("a.b"), "not three parts");
  EXPECT_EQ(Reason(token + ".x"), "not three parts");
  EXPECT_EQ(Reason(std::string(9000, 'a')), "too long");
  EXPECT_EQ(Reason(token + "="), "malformed signature");
  EXPECT_EQ(Reason(token.substr(0, token.rfind('.') + 1)), "signature");
  std::string flipped = token;
  flipped[token.find('.') + 5] ^= 1;
  EXPECT_EQ(Reason(flipped), "signature");
  // The last character's unused bits: another spelling of the same signature.
  std::string respelled = token;
  respelled.back() = respelled.back() == 'B' ? 'C' : 'B';
  EXPECT_NE(Reason(respelled), "accepted");

  const auto now = ToUnixSeconds(kNow);
  const std::string good = Dates(now, now, now + 60);
  EXPECT_EQ(Reason(Forge(Header(), Payload("\"iat\":1,\"nbf\":1"))), "dates");
  EXPECT_EQ(Reason(Forge(Header(), Payload("\"iat\":1,\"nbf\":1,\"exp\":1e400"))),
            "malformed claims");
  EXPECT_EQ(Reason(Forge(Header(), Payload("\"iat\":1,\"nbf\":1,\"exp\":1900000000.5"))), "dates");
  EXPECT_EQ(Reason(Forge(Header(), Payload("\"iat\":1,\"nbf\":1,\"exp\":\"1900000000\""))),
            "dates");
  EXPECT_EQ(Reason(Forge(Header(), Payload("\"iat\":1,\"nbf\":1,\"exp\":9223372036854775807"))),
            "dates");
  EXPECT_EQ(Reason(Forge(Header(), Payload("\"iat\":-1,\"nbf\":1,\"exp\":1900000000"))), "dates");
  EXPECT_EQ(Reason(Forge(Header(), Payload(good + "," + good))), "malformed claims");
  EXPECT_EQ(Reason(Forge(Header(), "[]")), "malformed claims");
  EXPECT_EQ(Reason(Forge(Header(), "{}")), "iss");
}

TEST_F(TokenTest, T4RefusesAnotherInstallationsTokens) {
  const TokenSigner other_issuer = SignerOf(keys, "https://other.test");
  const TokenSigner other_audience = SignerOf(keys, kIssuer, "https://other.test");
  const auto id = Uuid::V7(kNow, entropy);
  EXPECT_EQ(Reason(other_issuer.Issue(subject, id, kNow, kNow + Seconds(60))), "iss");
  EXPECT_EQ(Reason(other_audience.Issue(subject, id, kNow, kNow + Seconds(60))), "aud");
  const KeyRings other_keys = KeyRings::Generate(entropy);
  const TokenSigner other = SignerOf(other_keys);
  EXPECT_EQ(Reason(other.Issue(subject, id, kNow, kNow + Seconds(60))), "kid");
}

Key NewPair(std::string_view kid, std::string_view algorithm) {
  Key key;
  key.kid = kid;
  key.algorithm = algorithm;
  key.secret = crypto::SignatureKey::Generate(*crypto::ParseSignatureAlgorithm(algorithm));
  return key;
}

TEST_F(TokenTest, T3EveryAlgorithmSignsAndThoseBeforeVerifyOn) {
  std::vector<std::string> tokens = {Issue()};
  for (const char* algorithm : {"EdDSA", "ES256", "RS256"}) {
    keys.Rotate(Ring::kJwt, NewPair(std::string("pair") + HexEncode(algorithm), algorithm));
    signer = SignerOf(keys);
    tokens.push_back(Issue());
    const std::string token = tokens.back();
    const auto header = json::Parse(*Base64UrlDecode(token.substr(0, token.find('.'))));
    EXPECT_EQ(*header->Find("alg")->string(), algorithm);
    EXPECT_EQ(*header->Find("kid")->string(), keys.Active(Ring::kJwt).kid);
    for (const auto& each : tokens) EXPECT_EQ(Reason(each), "accepted");
    const auto last = token.rfind('.');
    EXPECT_EQ(Reason(token.substr(0, last + 1)), "signature");
    EXPECT_EQ(Reason(token.substr(0, last - 4) + "AAAA" + token.substr(last)), "signature");
    EXPECT_EQ(Reason(token + "="), "malformed signature");
  }
  // Retired, all but the last.
  for (const auto& key : keys.All(Ring::kJwt)) {
    if (key.state == KeyState::kActive) continue;
    ASSERT_TRUE(keys.Retire(Ring::kJwt, key.kid).ok());
  }
  signer = SignerOf(keys);
  for (const auto& each : tokens) {
    EXPECT_EQ(Reason(each), each == tokens.back() ? "accepted" : "kid");
  }
}

// RFC 8725 section 2.1: no algorithm of a token's choice, and no public key as a secret.
TEST_F(TokenTest, T4TheAlgorithmBelongsToTheKey) {
  const std::string hs_kid = keys.Active(Ring::kJwt).kid;
  const std::string hs_secret(keys.Active(Ring::kJwt).secret.Reveal());
  std::vector<std::string> kids = {hs_kid};
  for (const char* algorithm : {"EdDSA", "ES256", "RS256"}) {
    kids.push_back(std::string("pair") + HexEncode(algorithm));
    keys.Rotate(Ring::kJwt, NewPair(kids.back(), algorithm));
  }
  signer = SignerOf(keys);
  const auto forge = [&](const std::string& alg, const std::string& kid,
                         const std::string& secret) {
    const std::string input =
        Base64UrlEncode(R"({"alg":")" + alg + R"(","kid":")" + kid + R"(","typ":"at+jwt"})") + "." +
        Base64UrlEncode(GoodPayload());
    return input + "." + Base64UrlEncode(crypto::AsView(crypto::HmacSha256(secret).Mac(input)));
  };
  EXPECT_EQ(Reason(forge("HS256", hs_kid, hs_secret)), "accepted");
  for (const auto& kid : kids) {
    for (const char* alg : {"HS256", "EdDSA", "ES256", "RS256", "none", "HS384", "PS256"}) {
      const std::string token = forge(alg, kid, signer.PublicKeys());
      EXPECT_NE(Reason(token), "accepted") << alg << " " << kid;
      if (kid == hs_kid) continue;
      EXPECT_NE(Reason(forge(alg, kid, hs_secret)), "accepted");
    }
  }
  for (std::size_t i = 1; i < kids.size(); ++i) {
    EXPECT_EQ(Reason(forge("HS256", kids[i], hs_secret)), "alg");
  }
}

TEST_F(TokenTest, T3PublicKeysAreThoseThatVerifyAndNeverSymmetric) {
  EXPECT_EQ(signer.PublicKeys(), R"({"keys":[]})");
  for (const char* algorithm : {"EdDSA", "ES256", "RS256"}) {
    keys.Rotate(Ring::kJwt, NewPair(std::string("pair") + HexEncode(algorithm), algorithm));
  }
  ASSERT_TRUE(keys.Retire(Ring::kJwt, "pair" + HexEncode("ES256")).ok());
  const std::string text = SignerOf(keys).PublicKeys();
  const auto set = json::Parse(text);
  ASSERT_TRUE(set);
  const auto& all = *set->Find("keys")->array();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(*all[0].Find("alg")->string(), "EdDSA");
  EXPECT_EQ(*all[0].Find("kty")->string(), "OKP");
  EXPECT_EQ(*all[1].Find("alg")->string(), "RS256");
  EXPECT_EQ(*all[1].Find("use")->string(), "sig");
  for (const auto& jwk : all) {
    for (const char* secret : {"d", "p", "q", "dp", "dq", "qi", "k"}) {
      EXPECT_EQ(jwk.Find(secret), nullptr) << secret;
    }
  }
  for (const auto& key : keys.All(Ring::kJwt)) {
    EXPECT_EQ(text.find(Base64UrlEncode(key.secret.Reveal())), std::string::npos);
  }
}

TEST_F(TokenTest, T3KeysThatAreNotWhatTheirAlgorithmSaysAreRefused) {
  for (const char* algorithm : {"EdDSA", "ES256", "RS256"}) {
    Key key = NewPair("pair0001", algorithm == std::string("EdDSA") ? "ES256" : "EdDSA");
    key.algorithm = algorithm;
    KeyRings bad = KeyRings::Generate(entropy);
    bad.Rotate(Ring::kJwt, std::move(key));
    const auto made = TokenSigner::Make(bad, kIssuer, kIssuer);
    ASSERT_FALSE(made.ok()) << algorithm;
    EXPECT_NE(made.error().inner.find("pair0001"), std::string::npos);
  }
}

}  // namespace
}  // namespace gatehouse::auth
