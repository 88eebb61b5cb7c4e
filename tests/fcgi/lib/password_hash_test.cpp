#include "fcgi/lib/password_hash.h"

#include <gtest/gtest.h>

#include <chrono>

#include "tests/support/cpu_time.h"

namespace gatehouse {
namespace {

HashPolicy Cheap() { return {.memory_kib = 64, .iterations = 1}; }
HashPolicy CheapBcrypt() { return {.algorithm = HashAlgorithm::kBcrypt, .bcrypt_cost = 4}; }

// SPEC P1: hashes of other systems verify unchanged. Vectors: the test suites of libargon2,
// crypt_blowfish and SHA-crypt, and what Debian's crypt(3) makes.
struct Vector {
  const char* password;
  const char* hash;
};
constexpr Vector kVectors[] = {
    {"password",
     "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"},
    {"password",
     "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc"},
    {"password",
     "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"},
    {"password",
     "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA"},
    {"password",
     "$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ"},
    {"rasmuslerdorf", "$2y$07$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq"},
    {"U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
    {"correct horse", "$2b$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2"},
    {"Hello world!",
     "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4"
     "OTLiBFdcbYEdFCoEOfaS35inz1"},
    {"Hello world!",
     "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/"
     "UrjmM0Dp8vOuZeHB"
     "y/YTBmSK6H9qs/y3RnOaw5v."},
    {"correct horse", "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$zwtVrjrUCmXcyLTs6oxLTQlzifSUkF8RHJ./tK5KU79"},
};

TEST(PasswordHash, P1_VerifiesImportedHashes) {
  for (const auto& v : kVectors) {
    EXPECT_TRUE(IsSupportedHash(v.hash)) << v.hash;
    EXPECT_TRUE(VerifyPassword(v.password, v.hash)) << v.hash;
    EXPECT_FALSE(VerifyPassword(std::string(v.password) + " ", v.hash)) << v.hash;
    EXPECT_FALSE(VerifyPassword("", v.hash)) << v.hash;
    EXPECT_TRUE(NeedsRehash(v.hash, HashPolicy{})) << v.hash;
  }
}

// Every change of one character either changes the hash or makes it malformed.
TEST(PasswordHash, EachCharacterOfAHashCounts) {
  for (const std::size_t n : {std::size_t{0}, std::size_t{7}, std::size_t{8}}) {
    const std::string hash = kVectors[n].hash;
    for (std::size_t i = hash.rfind('$'); i < hash.size(); ++i) {
      std::string other = hash;
      other[i] = other[i] == 'x' ? 'y' : 'x';
      EXPECT_FALSE(VerifyPassword(kVectors[n].password, other)) << other;
    }
    EXPECT_FALSE(VerifyPassword(kVectors[n].password, hash.substr(0, hash.size() - 1)));
    EXPECT_FALSE(VerifyPassword(kVectors[n].password, hash + "x"));
    EXPECT_FALSE(VerifyPassword(kVectors[n].password, hash + " "));
    EXPECT_FALSE(VerifyPassword(kVectors[n].password, hash + std::string(1, '\0')));
  }
}

TEST(PasswordHash, P1_WhatIsHashedVerifies) {
  SeededEntropy entropy(1);
  for (const HashPolicy& policy : {Cheap(), CheapBcrypt()}) {
    for (const std::string& password :
         {std::string("p"), std::string("p\xc3\xa4ss w\xc3\xb6rd"), std::string(72, 'x')}) {
      auto hash = HashPassword(password, policy, entropy);
      ASSERT_TRUE(hash.ok());
      EXPECT_TRUE(VerifyPassword(password, *hash));
      EXPECT_FALSE(VerifyPassword(password.substr(1), *hash));
      EXPECT_FALSE(NeedsRehash(*hash, policy));
      auto again = HashPassword(password, policy, entropy);
      ASSERT_TRUE(again.ok());
      EXPECT_NE(*again, *hash) << "salted";
    }
  }
}

TEST(PasswordHash, TheDefaultIsArgon2idWith19MiB) {
  SeededEntropy entropy(1);
  auto hash = HashPassword("password", HashPolicy{}, entropy);
  ASSERT_TRUE(hash.ok());
  EXPECT_EQ(hash.value().find("$argon2id$v=19$m=19456,t=2,p=1$"), 0U);
  EXPECT_TRUE(VerifyPassword("password", *hash));
}

TEST(PasswordHash, Argon2TakesANulAsACharacter) {
  SeededEntropy entropy(1);
  const std::string password("abc\0def", 7);
  auto hash = HashPassword(password, Cheap(), entropy);
  ASSERT_TRUE(hash.ok());
  EXPECT_TRUE(VerifyPassword(password, *hash));
  EXPECT_FALSE(VerifyPassword("abc", *hash));
}

// SPEC P2: never truncated, neither at 72 bytes nor at a NUL.
TEST(PasswordHash, P2_NothingIsTruncated) {
  SeededEntropy entropy(1);
  EXPECT_FALSE(HashPassword(std::string(73, 'x'), CheapBcrypt(), entropy).ok());
  EXPECT_FALSE(HashPassword(std::string("a\0b", 3), CheapBcrypt(), entropy).ok());
  auto hash = HashPassword(std::string(72, 'x'), CheapBcrypt(), entropy);
  ASSERT_TRUE(hash.ok());
  EXPECT_FALSE(VerifyPassword(std::string(73, 'x'), *hash));
  EXPECT_FALSE(VerifyPassword(std::string(72, 'x') + std::string(1, '\0'), *hash));
  for (const auto& v : kVectors) {
    EXPECT_FALSE(VerifyPassword(std::string(v.password) + std::string("\0x", 2), v.hash)) << v.hash;
  }
}

// FACTS: imported parameters are bounded before they are obeyed.
TEST(PasswordHash, ParametersBeyondTheBoundsVerifyFalseAtOnce) {
  const std::string argon = "$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
  const std::string bcrypt = "$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2";
  const std::string sha =
      "$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4"
      "OTLiBFdcbYEdFCoEOfaS35inz1";
  const std::string yes = "$F5Jx5fExrKuPp53xLKQ..1$zwtVrjrUCmXcyLTs6oxLTQlzifSUkF8RHJ./tK5KU79";
  const auto start = CpuTime();
  for (const std::string& hash : {
           "$argon2id$v=19$m=262145,t=1,p=1" + argon,
           "$argon2id$v=19$m=4294967295,t=1,p=1" + argon,
           "$argon2id$v=19$m=4294967296,t=1,p=1" + argon,
           "$argon2id$v=19$m=99999999999999999999,t=1,p=1" + argon,
           "$argon2id$v=19$m=256,t=17,p=1" + argon,
           "$argon2id$v=19$m=256,t=4294967295,p=1" + argon,
           "$argon2id$v=19$m=256,t=1,p=17" + argon,
           "$argon2id$v=19$m=0,t=1,p=1" + argon,
           "$argon2id$v=19$m=256,t=0,p=1" + argon,
           "$argon2id$v=19$m=256,t=1,p=0" + argon,
           "$argon2id$v=19$m=7,t=1,p=1" + argon,
           "$argon2id$v=19$m=64,t=1,p=16" + argon,
           "$2b$17" + bcrypt,
           "$2b$31" + bcrypt,
           "$2b$03" + bcrypt,
           "$2b$00" + bcrypt,
           "$6$rounds=1000001" + sha,
           "$6$rounds=999999999" + sha,
           "$6$rounds=99999999999999999999" + sha,
           "$6$rounds=999" + sha,
           "$6$rounds=0" + sha,
           "$y$jFT" + yes,
           "$y$jzT" + yes,
           "$y$j9z" + yes,
       }) {
    EXPECT_FALSE(IsSupportedHash(hash)) << hash;
    EXPECT_FALSE(VerifyPassword("password", hash)) << hash;
  }
  EXPECT_LT(CpuTime() - start, std::chrono::milliseconds(200));
  EXPECT_TRUE(IsSupportedHash("$argon2id$v=19$m=262144,t=16,p=16" + argon));
  EXPECT_TRUE(IsSupportedHash("$2b$16" + bcrypt));
  EXPECT_TRUE(IsSupportedHash("$6$rounds=1000000" + sha));
  EXPECT_TRUE(IsSupportedHash("$y$jDT" + yes));
}

TEST(PasswordHash, MalformedAndUnknownHashesVerifyFalse) {
  for (const char* hash :
       {"",
        "*",
        "*0",
        "!",
        "x",
        "password",
        "$",
        "$$",
        "$1$salt$qJH7.N4xYta3aEG/dfqo/0",
        "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc8",
        "ab1Rz0cQmYl2E",
        "$7$C6..../....SodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D",
        "$argon2d$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=18$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=256,t=2$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$t=2,m=256,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=+256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=0256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=256,t=2,p=1$c29tZQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EA",
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$",
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ=$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=256,t=2,p=1$c29t-XNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=256,t=2,p=1",
        "$argon2id$",
        "$2b$",
        "$2b$05$short",
        "$2x$05$",
        "$2b$5x$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2",
        "$2b$+5$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2",
        "$6$",
        "$6$$$",
        "$y$",
        "$y$j9T$",
        "$y$.9T$F5Jx5fExrKuPp53xLKQ..1$zwtVrjrUCmXcyLTs6oxLTQlzifS"}) {
    EXPECT_FALSE(IsSupportedHash(hash)) << hash;
    EXPECT_FALSE(VerifyPassword("password", hash)) << hash;
    EXPECT_FALSE(VerifyPassword("", hash)) << hash;
    EXPECT_TRUE(NeedsRehash(hash, HashPolicy{})) << hash;
    EXPECT_TRUE(NeedsRehash(hash, CheapBcrypt())) << hash;
  }
}

// SPEC P1: upgraded at the next login where anything differs from the policy.
TEST(PasswordHash, P1_OtherParametersNeedARehash) {
  const std::string hash =
      "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
  EXPECT_FALSE(NeedsRehash(hash, {.memory_kib = 256, .iterations = 2}));
  EXPECT_TRUE(NeedsRehash(hash, {.memory_kib = 257, .iterations = 2}));
  EXPECT_TRUE(NeedsRehash(hash, {.memory_kib = 256, .iterations = 1}));
  EXPECT_TRUE(NeedsRehash(hash, {.memory_kib = 256, .iterations = 2, .parallelism = 2}));
  EXPECT_TRUE(NeedsRehash(hash, CheapBcrypt()));
  const HashPolicy seven = {.algorithm = HashAlgorithm::kBcrypt, .bcrypt_cost = 7};
  EXPECT_FALSE(NeedsRehash(kVectors[5].hash, seven));
  EXPECT_TRUE(NeedsRehash(kVectors[6].hash, seven));
  EXPECT_TRUE(NeedsRehash(hash, seven));
}

TEST(PasswordHash, APolicyBeyondTheBoundsIsAnErrorNotAHashThatNeverVerifies) {
  SeededEntropy entropy(1);
  for (const HashPolicy& policy :
       {HashPolicy{.memory_kib = 64, .iterations = 17},
        HashPolicy{.memory_kib = 64, .iterations = 0}, HashPolicy{.memory_kib = 4, .iterations = 1},
        HashPolicy{.memory_kib = 64, .parallelism = 0},
        HashPolicy{.memory_kib = 256, .iterations = 1, .parallelism = 17},
        HashPolicy{.algorithm = HashAlgorithm::kBcrypt, .bcrypt_cost = 3},
        HashPolicy{.algorithm = HashAlgorithm::kBcrypt, .bcrypt_cost = 17}}) {
    auto hash = HashPassword("password", policy, entropy);
    ASSERT_FALSE(hash.ok());
    EXPECT_EQ(hash.error().code, ErrorCode::kInternal);
  }
}

}  // namespace
}  // namespace gatehouse
