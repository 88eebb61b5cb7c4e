#include "fcgi/run/keyring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

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
  ASSERT_TRUE(made.Create(path).ok());
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

TEST(KeyRings, CreateNeverOverwrites) {
  const TempFolder folder;
  SeededEntropy entropy(1);
  const std::string path = folder.Write("keys.toml", "precious");
  const auto refused = KeyRings::Generate(entropy).Create(path);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(TempFolder::Read(path), "precious");
  // Nothing with secrets is left beside it.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(KeyRings, CreateIntoNowhereFails) {
  SeededEntropy entropy(1);
  EXPECT_FALSE(KeyRings::Generate(entropy).Create("/nonexistent/keys.toml").ok());
}

// T3: the ring jwt may hold key pairs; no other ring may.
TEST(KeyRings, T3KeyPairsAreForTheRingJwtAlone) {
  for (const char* algorithm : {"EdDSA", "ES256", "RS256"}) {
    EXPECT_TRUE(IsAsymmetric(algorithm));
    // Not random by any measure, and larger than any symmetric key: DER.
    const std::string der(1200, '\x30');
    EXPECT_EQ(ErrorOf(KeyText("jwt", "pair0001", algorithm, "active", der) + Others()), "");
    EXPECT_THAT(ErrorOf(KeyText("jwt", "pair0001", algorithm, "active", "short") + Others()),
                HasSubstr("PKCS#8"));
    EXPECT_THAT(ErrorOf(KeyText("csrf", "pair0001", algorithm, "verify-only", der) +
                        Jwt("active", Random(1)) + Others()),
                HasSubstr("algorithm must be HMAC-SHA256"));
  }
  EXPECT_FALSE(IsAsymmetric("HS256"));
}

TEST(KeyRings, CreatedIsATimeOrAbsent) {
  const std::string good = Jwt("active", Random(1)) + Others();
  const auto with = [&](const std::string& line) {
    std::string text = good;
    return text.insert(text.find("state"), line);
  };
  const auto rings = KeyRings::Parse(with("created = \"2026-11-21T11:30:28.123Z\"\n"), "k");
  ASSERT_TRUE(rings.ok());
  EXPECT_EQ(ToRfc3339(*rings->Active(Ring::kJwt).created), "2026-11-21T11:30:28.123Z");
  EXPECT_FALSE(rings->Active(Ring::kCsrf).created);
  EXPECT_THAT(ErrorOf(with("created = \"yesterday\"\n")), HasSubstr("RFC 3339"));
  const auto again = KeyRings::Parse(rings->Render().Reveal(), "k");
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->Active(Ring::kJwt).created, rings->Active(Ring::kJwt).created);
}

Key NewKey(std::string_view kid, std::uint64_t seed) {
  Key key;
  key.kid = kid;
  key.algorithm = "HS256";
  key.secret = Secret(Random(seed));
  return key;
}

// T3: one signs, those before it verify on, retired ones do not.
TEST(KeyRings, T3RotateAndRetire) {
  auto rings = KeyRings::Parse(Jwt("active", Random(1)) + Others(), "k");
  ASSERT_TRUE(rings.ok());
  rings->Rotate(Ring::kJwt, NewKey("jwt00002", 2));
  EXPECT_EQ(rings->Active(Ring::kJwt).kid, "jwt00002");
  ASSERT_NE(rings->Find(Ring::kJwt, "jwt00001"), nullptr);
  EXPECT_EQ(rings->Find(Ring::kJwt, "jwt00001")->state, KeyState::kVerifyOnly);

  const auto active = rings->Retire(Ring::kJwt, "jwt00002");
  ASSERT_FALSE(active.ok());
  EXPECT_THAT(active.error().inner, HasSubstr("rotate first"));
  EXPECT_EQ(rings->Retire(Ring::kJwt, "csrf0001").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(rings->Retire(Ring::kJwt, "").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(*rings->Retire(Ring::kJwt, "jwt00001"), KeyState::kVerifyOnly);
  EXPECT_EQ(*rings->Retire(Ring::kJwt, "jwt00001"), KeyState::kRetired);
  EXPECT_EQ(rings->Find(Ring::kJwt, "jwt00001"), nullptr);
  EXPECT_EQ(rings->Active(Ring::kJwt).kid, "jwt00002");
}

TEST(KeyFileEdit, NothingChangesBeforeCommitAndAllAfter) {
  const TempFolder folder;
  const std::string path = folder.Write("keys.toml", Jwt("active", Random(1)) + Others());
  const std::string before = TempFolder::Read(path);
  std::filesystem::create_symlink(path, folder.Path("link"));
  {
    auto dropped = KeyFileEdit::Open(path);
    ASSERT_TRUE(dropped.ok());
    dropped->rings.Rotate(Ring::kJwt, NewKey("jwt00002", 2));
    ASSERT_TRUE(dropped->Prepare().ok());
    EXPECT_EQ(TempFolder::Read(path), before);
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 2);
  {
    auto edit = KeyFileEdit::Open(folder.Path("link"));
    ASSERT_TRUE(edit.ok());
    edit->rings.Rotate(Ring::kJwt, NewKey("jwt00002", 2));
    ASSERT_TRUE(edit->Prepare().ok());
    ASSERT_TRUE(edit->Commit().ok());
  }
  EXPECT_TRUE(std::filesystem::is_symlink(folder.Path("link")));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 2);
  struct stat st {};
  ASSERT_EQ(::stat(path.c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 07777, 0600U);
  EXPECT_EQ(KeyRings::Load(path)->Active(Ring::kJwt).kid, "jwt00002");
}

TEST(KeyFileEdit, TheOwnerStays) {
  if (::geteuid() != 0) return;  // nobody else can give files away
  const TempFolder folder;
  const std::string path = folder.Write("keys.toml", Jwt("active", Random(1)) + Others());
  ASSERT_EQ(::chown(path.c_str(), 4711, 4712), 0);
  auto edit = KeyFileEdit::Open(path);
  ASSERT_TRUE(edit.ok());
  ASSERT_TRUE(edit->Prepare().ok());
  ASSERT_TRUE(edit->Commit().ok());
  struct stat st {};
  ASSERT_EQ(::stat(path.c_str(), &st), 0);
  EXPECT_EQ(st.st_uid, 4711U);
  EXPECT_EQ(st.st_gid, 4712U);
  EXPECT_EQ(st.st_mode & 07777, 0600U);
}

TEST(KeyFileEdit, AFileThatNobodyCouldReadIsNotWritten) {
  const TempFolder folder;
  const std::string path = folder.Write("keys.toml", Jwt("active", Random(1)) + Others());
  const std::string before = TempFolder::Read(path);
  auto edit = KeyFileEdit::Open(path);
  ASSERT_TRUE(edit.ok());
  edit->rings.Rotate(Ring::kJwt, NewKey("jwt00001", 2));  // the kid is there twice
  EXPECT_FALSE(edit->Prepare().ok());
  EXPECT_EQ(TempFolder::Read(path), before);
}

// Two operators at once: both keys are there at the end.
TEST(KeyFileEdit, ChangesWaitForEachOther) {
  const TempFolder folder;
  const std::string path = folder.Write("keys.toml", Jwt("active", Random(1)) + Others());
  std::vector<std::thread> all;
  for (int i = 0; i < 8; ++i) {
    all.emplace_back([&path, i] {
      auto edit = KeyFileEdit::Open(path);
      ASSERT_TRUE(edit.ok()) << edit.error().inner;
      edit->rings.Rotate(Ring::kJwt,
                         NewKey("new0000" + std::to_string(i), static_cast<std::uint64_t>(i) + 50));
      ASSERT_TRUE(edit->Prepare().ok());
      ASSERT_TRUE(edit->Commit().ok());
    });
  }
  for (auto& thread : all) thread.join();
  EXPECT_EQ(KeyRings::Load(path)->All(Ring::kJwt).size(), 9U);
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
    ASSERT_TRUE(KeyRings::Generate(entropy).Create(path).ok());
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
  EXPECT_NE(swapped("HS256", "ES512"), "");
  EXPECT_NE(swapped("HS256", "hs256"), "");
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
