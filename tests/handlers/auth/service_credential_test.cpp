// SPEC T10: what counts as a Basic credential (RFC 7617).
#include "handlers/auth/service_credential.h"

#include <gtest/gtest.h>

#include "fcgi/base/codec.h"

namespace gatehouse::auth {
namespace {

std::string Header(std::string_view scheme, std::string_view pair) {
  return std::string(scheme) + " " + Base64Encode(pair);
}

TEST(ServiceCredentialTest, T10TheSchemeIsKnownInEitherCase) {
  for (const auto* scheme : {"Basic", "basic", "BASIC", "bAsIc"}) {
    const auto parsed = ParseBasic(Header(scheme, "id:secret"));
    ASSERT_TRUE(parsed) << scheme;
    EXPECT_EQ(parsed->client_id, "id");
    EXPECT_EQ(parsed->secret, "secret");
  }
  for (const auto* scheme : {"Bearer", "Basi", "Basics", "Digest", ""}) {
    EXPECT_FALSE(ParseBasic(Header(scheme, "id:secret"))) << scheme;
  }
}

TEST(ServiceCredentialTest, T10TheFirstColonParts) {
  EXPECT_EQ(ParseBasic(Header("Basic", "id:a:b:"))->secret, "a:b:");
  EXPECT_EQ(ParseBasic(Header("Basic", ":"))->client_id, "");
  EXPECT_EQ(ParseBasic(Header("Basic", "id:"))->secret, "");
  EXPECT_EQ(ParseBasic(Header("Basic", std::string_view("i\0d:\0\xff", 6)))->secret,
            std::string_view("\0\xff", 2));
  EXPECT_FALSE(ParseBasic(Header("Basic", "id secret")));
  EXPECT_FALSE(ParseBasic(Header("Basic", "")));
}

TEST(ServiceCredentialTest, T10MalformedBase64IsNoCredential) {
  EXPECT_FALSE(ParseBasic(""));
  EXPECT_FALSE(ParseBasic("Basic"));
  EXPECT_FALSE(ParseBasic("Basic "));
  EXPECT_FALSE(ParseBasic("Basic id:secret"));
  EXPECT_FALSE(ParseBasic("Basic  aWQ6cw=="));
  EXPECT_FALSE(ParseBasic("Basic aWQ6cw== "));
  EXPECT_FALSE(ParseBasic("Basic aWQ6cw"));  // padding is due
  EXPECT_FALSE(ParseBasic("Basic aWQ6cw="));
  EXPECT_FALSE(ParseBasic("Basic aWQ6cx=="));  // trailing bits
  EXPECT_FALSE(ParseBasic("Basic aWQ6c_-_"));  // the other alphabet
  EXPECT_FALSE(ParseBasic("Basic\taWQ6cw=="));
  EXPECT_TRUE(ParseBasic("Basic aWQ6cw=="));
}

TEST(ServiceCredentialTest, T10OversizedIsRefusedBeforeItIsDecoded) {
  const auto of = [](std::size_t size) { return "Basic " + std::string(size - 6, 'A'); };
  // 506 characters are no whole groups; a right one of just under the limit is good.
  EXPECT_TRUE(ParseBasic(Header("Basic", "id:" + std::string(372, 's'))));
  EXPECT_FALSE(ParseBasic(Header("Basic", "id:" + std::string(378, 's'))));
  EXPECT_FALSE(ParseBasic(of(100'000)));
}

}  // namespace
}  // namespace gatehouse::auth
