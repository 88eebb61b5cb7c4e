#include "handlers/auth/live_tokens.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "tests/fcgi/run/temp_folder.h"

namespace gatehouse::auth {
namespace {

const TimePoint kNow = FromUnixSeconds(1'800'000'000);
constexpr const char* kIssuer = "https://gate.test";
constexpr Millis kNever{1000L * 3600};  // no look but for a reason
constexpr Millis kAlways{0};

class LiveTokensTest : public ::testing::Test {
 protected:
  LiveTokensTest() { EXPECT_TRUE(KeyRings::Generate(entropy).Create(path).ok()); }

  LiveTokens Open(Millis look_every) {
    auto made = LiveTokens::Open(path, kIssuer, kIssuer, look_every);
    EXPECT_TRUE(made.ok());
    return std::move(made).value();
  }
  std::string Issue(LiveTokens& tokens) {
    const TokenSubject subject{UserId::New(kNow, entropy),
                               TenantId::New(kNow, entropy),
                               SessionId::New(kNow, entropy),
                               "a",
                               "a",
                               {},
                               {},
                               std::nullopt,
                               std::nullopt,
                               "pwd",
                               kNow};
    return tokens.Issue(subject, Uuid::V7(kNow, entropy), kNow, kNow + Seconds(60));
  }
  static bool Accepts(LiveTokens& tokens, const std::string& token) {
    return std::holds_alternative<TokenClaims>(tokens.Verify(token, kNow));
  }
  // As `gatehouse key rotate --alg EdDSA`; the kid before.
  std::string Rotate() {
    auto edit = KeyFileEdit::Open(path);
    EXPECT_TRUE(edit.ok());
    const std::string before = edit->rings.Active(Ring::kJwt).kid;
    Key key;
    key.kid = KeyRings::NewKid(entropy);
    key.algorithm = "EdDSA";
    key.secret = crypto::SignatureKey::Generate(crypto::SignatureAlgorithm::kEdDsa);
    edit->rings.Rotate(Ring::kJwt, std::move(key));
    EXPECT_TRUE(edit->Prepare().ok() && edit->Commit().ok());
    return before;
  }
  void Retire(const std::string& kid) {
    auto edit = KeyFileEdit::Open(path);
    EXPECT_TRUE(edit.ok() && edit->rings.Retire(Ring::kJwt, kid).ok());
    EXPECT_TRUE(edit->Prepare().ok() && edit->Commit().ok());
  }

  TempFolder folder;
  std::string path = folder.Path("keys.toml");
  SeededEntropy entropy{1};
};

// F1: what another process seals with a key that this one has not seen is opened all the same; and
// nothing is sealed under the key before once the file is another.
TEST_F(LiveTokensTest, F1TheRingTotpIsFollowedToo) {
  LiveTokens here = Open(kNever), there = Open(kNever);
  const std::string before = here.ActiveKey(Ring::kTotp).kid;
  auto edit = KeyFileEdit::Open(path);
  ASSERT_TRUE(edit.ok());
  edit->rings.Rotate(Ring::kTotp, Key{KeyRings::NewKid(entropy), "AES-256-GCM", KeyState::kActive,
                                      kNow, Secret(entropy.Bytes(32))});
  ASSERT_TRUE(edit->Prepare().ok() && edit->Commit().ok());
  const std::string after = there.ActiveKey(Ring::kTotp).kid;
  EXPECT_NE(after, before);
  EXPECT_NE(here.FindKey(Ring::kTotp, after), nullptr);
  EXPECT_NE(here.FindKey(Ring::kTotp, before), nullptr);
  EXPECT_EQ(here.FindKey(Ring::kTotp, "nosuchkey"), nullptr);
  EXPECT_EQ(here.ActiveKey(Ring::kTotp).kid, after);
}

// T3: one process signs with a key that another has not seen yet.
TEST_F(LiveTokensTest, T3AnUnknownKidHasTheFileLookedAtAtOnce) {
  LiveTokens signing = Open(kNever), verifying = Open(kNever);
  std::vector<std::string> tokens = {Issue(signing)};
  for (int i = 0; i < 5; ++i) {
    Rotate();
    tokens.push_back(Issue(signing));  // Issue looks every time
    EXPECT_TRUE(Accepts(verifying, tokens.back())) << i;
  }
  for (const auto& token : tokens) EXPECT_TRUE(Accepts(verifying, token));
}

TEST_F(LiveTokensTest, T3ARetiredKeyFailsAtTheNextLook) {
  LiveTokens slow = Open(Millis(200)), quick = Open(kAlways);
  const std::string token = Issue(slow);
  Retire(Rotate());
  EXPECT_FALSE(Accepts(quick, token));
  EXPECT_TRUE(Accepts(slow, token));
  std::this_thread::sleep_for(Millis(220));
  EXPECT_FALSE(Accepts(slow, token));
  EXPECT_TRUE(Accepts(slow, Issue(slow)));
}

// T4: a token that was found good before is looked at no less.
TEST_F(LiveTokensTest, T4ARememberedTokenKeepsItsTimesAndItsBytes) {
  LiveTokens tokens = Open(kNever);
  const std::string token = Issue(tokens);
  ASSERT_TRUE(Accepts(tokens, token));
  const auto at = [&](TimePoint now) {
    return std::holds_alternative<TokenClaims>(tokens.Verify(token, now));
  };
  EXPECT_TRUE(at(kNow + Seconds(60) - Micros(1)));
  EXPECT_FALSE(at(kNow + Seconds(60)));
  EXPECT_TRUE(at(kNow - kIssuedAheadLeeway));
  EXPECT_FALSE(at(kNow - kIssuedAheadLeeway - Seconds(1))) << "the clock went back";
  EXPECT_TRUE(at(kNow));
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(Accepts(tokens, changed)) << i;
    EXPECT_FALSE(Accepts(tokens, token.substr(0, i))) << i;
  }
  EXPECT_FALSE(Accepts(tokens, token + "A"));
  EXPECT_TRUE(Accepts(tokens, token));
}

// Only for GET /auth/session/end, and only the expiry.
TEST_F(LiveTokensTest, T4ALateTokenIsGenuineInEverythingElse) {
  LiveTokens tokens = Open(kNever);
  const std::string token = Issue(tokens);
  const auto late = [&](const std::string& text, TimePoint now) {
    return std::holds_alternative<TokenClaims>(tokens.VerifyLate(text, now, Seconds(100)));
  };
  EXPECT_TRUE(late(token, kNow));
  EXPECT_TRUE(late(token, kNow + Seconds(160) - Micros(1)));
  EXPECT_FALSE(late(token, kNow + Seconds(160)));
  EXPECT_FALSE(late(token, kNow - kIssuedAheadLeeway - Seconds(1)));
  EXPECT_FALSE(std::holds_alternative<TokenClaims>(tokens.Verify(token, kNow + Seconds(60))))
      << "that it was looked at late lets nobody in";
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(late(changed, kNow + Seconds(61))) << i;
  }
}

TEST_F(LiveTokensTest, T3ARetiredKeyTakesWhatWasRememberedWithIt) {
  LiveTokens tokens = Open(kAlways);
  const std::string old = Issue(tokens);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Accepts(tokens, old));
  const std::string kid = Rotate();
  const std::string young = Issue(tokens);
  EXPECT_TRUE(Accepts(tokens, old) && Accepts(tokens, young));
  Retire(kid);
  EXPECT_FALSE(Accepts(tokens, old));
  EXPECT_TRUE(Accepts(tokens, young));
}

TEST_F(LiveTokensTest, T3AFileThatCannotBeUsedChangesNothing) {
  LiveTokens tokens = Open(kAlways);
  const std::string token = Issue(tokens);
  const std::string good = TempFolder::Read(path);
  const auto still = [&] { return Accepts(tokens, token) && Accepts(tokens, Issue(tokens)); };
  folder.Write("keys.toml", "nonsense");
  EXPECT_TRUE(still());
  folder.Write("keys.toml", good.substr(0, good.size() / 2));
  EXPECT_TRUE(still());
  folder.Write("keys.toml", good, 0644);  // others may read it
  EXPECT_TRUE(still());
  std::string mixed = good;
  folder.Write("keys.toml", mixed.replace(mixed.find("HS256"), 5, "RS256"));
  EXPECT_TRUE(still());
  std::filesystem::remove(path);
  EXPECT_TRUE(still());
  // And back again, with a change.
  folder.Write("keys.toml", good);
  Retire(Rotate());
  EXPECT_FALSE(Accepts(tokens, token));
  EXPECT_TRUE(Accepts(tokens, Issue(tokens)));
}

TEST_F(LiveTokensTest, T3AFileThatBecomesReadableLaterIsReadThen) {
  LiveTokens tokens = Open(kAlways);
  const std::string token = Issue(tokens);
  Retire(Rotate());
  std::filesystem::permissions(path, std::filesystem::perms(0644));
  EXPECT_TRUE(Accepts(tokens, token));
  std::filesystem::permissions(path, std::filesystem::perms(0600));
  EXPECT_FALSE(Accepts(tokens, token));
}

TEST_F(LiveTokensTest, T3PublicKeysAreThoseOfTheFile) {
  LiveTokens tokens = Open(kNever);
  EXPECT_EQ(tokens.PublicKeys(), R"({"keys":[]})");
  Rotate();
  EXPECT_NE(tokens.PublicKeys().find("OKP"), std::string::npos);
}

TEST_F(LiveTokensTest, TheFirstFileMustBeGood) {
  folder.Write("keys.toml", "nonsense");
  EXPECT_FALSE(LiveTokens::Open(path, kIssuer, kIssuer).ok());
}

}  // namespace
}  // namespace gatehouse::auth
