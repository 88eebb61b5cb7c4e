#include "fcgi/run/keyring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "fcgi/base/codec.h"
#include "tests/fcgi/run/temp_folder.h"

namespace gatehouse {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string Random(std::uint64_t seed, std::size_t bytes = 32) {
  SeededEntropy entropy(seed);
  return entropy.Bytes(bytes);
}

std::string KeyText(std::string_view ring, std::string_view kid, std::string_view algorithm,
                    std::string_view state, std::string_view secret) {
  std::string out;
  out.append("[[").append(ring).append("]]\nkid = \"").append(kid).append("\"\nalgorithm = \"");
  out.append(algorithm).append("\"\nstate = \"").append(state).append("\"\nsecret = \"");
  return out.append(Base64UrlEncode(secret)).append("\"\n");
}

// Every ring but jwt, well-formed.
std::string Others() {
  return KeyText("refresh", "refresh01", "AES-256-GCM", "active", Random(11)) +
         KeyText("totp", "totp0001", "AES-256-GCM", "active", Random(12)) +
         KeyText("csrf", "csrf0001", "HMAC-SHA256", "active", Random(13)) +
         KeyText("cache", "cache001", "HMAC-SHA256", "active", Random(14)) +
         KeyText("identifier", "ident001", "HMAC-SHA256", "active", Random(15));
}

std::string Jwt(std::string_view state, std::string_view secret,
                std::string_view kid = "jwt00001") {
  return KeyText("jwt", kid, "HS256", state, secret);
}

std::string ErrorOf(const std::string& toml) {
  const auto rings = KeyRings::Parse(toml, "keys.toml");
  return rings.ok() ? "" : rings.error().inner;
}

TEST(KeyRings, GeneratedKeysSurviveTheFile) {
  const TempFolder folder;
  SeededEntropy entropy(1);
  const KeyRings made = KeyRings::Generate(entropy);
  const std::string path = folder.Path("keys.toml");
  ASSERT_TRUE(made.Save(path, false).ok());
  struct stat st {};
  ASSERT_EQ(::stat(path.c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 07777, 0600U);
  const auto read = KeyRings::Load(path);
  ASSERT_TRUE(read.ok()) << read.error().inner;
  for (std::size_t i = 0; i < kRingNames.size(); ++i) {
    const auto ring = static_cast<Ring>(i);
    ASSERT_EQ(read->All(ring).size(), 1U);
    EXPECT_EQ(read->Active(ring).kid, made.Active(ring).kid);
    EXPECT_EQ(read->Active(ring).secret.Reveal(), made.Active(ring).secret.Reveal());
    EXPECT_EQ(read->Active(ring).secret.size(), 32U);
  }
}

TEST(KeyRings, SaveNeverOverwritesUnasked) {
  const TempFolder folder;
  SeededEntropy entropy(1);
  const std::string path = folder.Write("keys.toml", "precious");
  const auto refused = KeyRings::Generate(entropy).Save(path, false);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(TempFolder::Read(path), "precious");
  EXPECT_TRUE(KeyRings::Generate(entropy).Save(path, true).ok());
  EXPECT_TRUE(KeyRings::Load(path).ok());
  // Nothing with secrets is left beside it.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(KeyRings, SaveIntoNowhereFails) {
  SeededEntropy entropy(1);
  EXPECT_FALSE(KeyRings::Generate(entropy).Save("/nonexistent/keys.toml", false).ok());
}

TEST(KeyRings, FindKnowsEveryKeyButRetiredOnes) {
  const auto rings =
      KeyRings::Parse(Jwt("verify-only", Random(1), "old00001") + Jwt("active", Random(2)) +
                          Jwt("retired", Random(3), "gone0001") + Others(),
                      "keys.toml");
  ASSERT_TRUE(rings.ok()) << rings.error().inner;
  EXPECT_EQ(rings->Active(Ring::kJwt).kid, "jwt00001");
  ASSERT_NE(rings->Find(Ring::kJwt, "old00001"), nullptr);
  EXPECT_EQ(rings->Find(Ring::kJwt, "old00001")->secret.Reveal(), Random(1));
  EXPECT_EQ(rings->Find(Ring::kJwt, "gone0001"), nullptr);
  EXPECT_EQ(rings->Find(Ring::kJwt, "refresh01"), nullptr);
  EXPECT_EQ(rings->Find(Ring::kJwt, ""), nullptr);
  EXPECT_EQ(rings->Find(Ring::kJwt, "jwt0000"), nullptr);
}

// DESIGN.md 7: start-up refuses weak, missing or world-readable keys.
TEST(KeyRings, FileMustBePrivate) {
  const TempFolder folder;
  const std::string text = Jwt("active", Random(1)) + Others();
  EXPECT_TRUE(KeyRings::Load(folder.Write("k", text, 0600)).ok());
  EXPECT_FALSE(KeyRings::Load(folder.Write("k", text, 0640)).ok());
  EXPECT_FALSE(KeyRings::Load(folder.Write("k", text, 0604)).ok());
  EXPECT_FALSE(KeyRings::Load(folder.Path("missing")).ok());
}

TEST(KeyRings, WeakSecretsAreRefused) {
  std::string counting, down, half = Random(5, 16);
  for (int i = 0; i < 32; ++i) {
    counting.push_back(static_cast<char>(i));
    down.push_back(static_cast<char>(255 - 3 * i));
  }
  const std::string typed = "this is a secret that somebody typed, not random";
  for (const std::string& weak :
       {std::string(), Random(1, 31), std::string(32, '\0'), std::string(64, 'a'), half + half,
        counting, down, typed, Random(1, 513)}) {
    EXPECT_NE(ErrorOf(Jwt("active", weak) + Others()), "") << HexEncode(weak);
  }
  EXPECT_EQ(ErrorOf(Jwt("active", Random(1, 64)) + Others()), "");
}

TEST(KeyRings, RandomSecretsAreNeverTakenForMadeUp) {
  SystemEntropy entropy;
  for (int i = 0; i < 200; ++i) {
    const TempFolder folder;
    const std::string path = folder.Path("k");
    ASSERT_TRUE(KeyRings::Generate(entropy).Save(path, false).ok());
    const auto read = KeyRings::Load(path);
    ASSERT_TRUE(read.ok()) << read.error().inner;
  }
}

TEST(KeyRings, RingsNeedExactlyOneActiveKey) {
  EXPECT_THAT(ErrorOf(Others()), HasSubstr("ring jwt: is missing"));
  EXPECT_THAT(ErrorOf("jwt = []\n" + Others()), HasSubstr("exactly one active"));
  EXPECT_THAT(ErrorOf(Jwt("verify-only", Random(1)) + Others()), HasSubstr("exactly one active"));
  EXPECT_THAT(ErrorOf(Jwt("active", Random(1)) + Jwt("active", Random(2), "jwt00002") + Others()),
              HasSubstr("exactly one active"));
}

TEST(KeyRings, OneSecretServesOnePurpose) {
  EXPECT_THAT(ErrorOf(Jwt("active", Random(14)) + Others()), HasSubstr("secret of another key"));
  EXPECT_THAT(ErrorOf(Jwt("active", Random(1)) + Jwt("retired", Random(2)) + Others()),
              HasSubstr("is there twice"));
}

TEST(KeyRings, MalformedFilesAreRefusedWithoutQuotingSecrets) {
  const std::string good = Jwt("active", Random(1)) + Others();
  const auto swapped = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    return ErrorOf(text.replace(text.find(from), from.size(), to));
  };
  EXPECT_NE(swapped("jwt00001", "../../x"), "");
  EXPECT_NE(swapped("jwt00001", "short"), "");
  EXPECT_NE(swapped("jwt00001", "JWT00001"), "");
  EXPECT_NE(swapped("HS256", "none"), "");
  EXPECT_NE(swapped("HS256", "RS256"), "");
  EXPECT_NE(swapped("active", "Active"), "");
  EXPECT_NE(swapped("kid", "kidd"), "");
  EXPECT_NE(swapped("[[jwt]]", "[[jvt]]"), "");
  EXPECT_NE(swapped("[[jwt]]", "[jwt]"), "");
  EXPECT_NE(ErrorOf(""), "");
  const std::string secret = Base64UrlEncode(Random(1));
  EXPECT_THAT(swapped(secret, secret + "="), AllOf(HasSubstr("base64url"), Not(HasSubstr(secret))));
  EXPECT_THAT(swapped(secret + "\"", secret), AllOf(HasSubstr("TOML"), Not(HasSubstr(secret))));
  EXPECT_NE(
      ErrorOf(KeyText("refresh", "refresh02", "AES-256-GCM", "retired", Random(21, 33)) + good),
      "");
}

}  // namespace
}  // namespace gatehouse
