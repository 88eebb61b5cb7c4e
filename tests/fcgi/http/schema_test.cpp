// SPEC E5: types, lengths, formats; every problem at once; unknown fields refused; NFC; controls.
#include "fcgi/http/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace gatehouse::http {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr std::array<std::string_view, 2> kTransports = {"body", "cookie"};
constexpr std::array kDeviceFields = {
    FieldSpec{.name = "id", .required = true, .min = 1, .max = 8},
    FieldSpec{.name = "a/b~c"},
};
constexpr Schema kDevice{"Device", kDeviceFields};
constexpr FieldSpec kId{.name = "", .format = Format::kUuid};
constexpr std::array kFields = {
    FieldSpec{.name = "email", .required = true, .min = 1, .max = 254, .format = Format::kEmail},
    FieldSpec{.name = "password", .required = true, .min = 1, .format = Format::kPassword},
    FieldSpec{.name = "first_name", .nullable = true, .max = 5},
    FieldSpec{.name = "keep", .type = FieldType::kBoolean},
    FieldSpec{.name = "limit", .type = FieldType::kInteger, .min = 1, .max = 200},
    FieldSpec{.name = "transport", .one_of = kTransports},
    FieldSpec{.name = "from", .format = Format::kDateTime},
    FieldSpec{.name = "device", .type = FieldType::kObject, .object = &kDevice},
    FieldSpec{.name = "role_ids", .type = FieldType::kArray, .min = 1, .max = 3, .item = &kId},
};
constexpr Schema kSchema{"Test", kFields};

constexpr std::string_view kGood = R"("email":"a@b.ke","password":"p")";

std::string With(std::string_view more) {
  return "{" + std::string(kGood) + "," + std::string(more) + "}";
}

// "pointer code" of every problem.
std::vector<std::string> Problems(const Result<Fields>& result) {
  if (result.ok()) return {};
  if (result.error().code != ErrorCode::kValidationFailed) return {"not a validation error"};
  std::vector<std::string> out;
  for (const auto& error : result.error().fields) {
    EXPECT_FALSE(error.detail.empty());
    EXPECT_FALSE(error.user_message.empty());
    out.push_back(error.pointer + " " + error.code);
  }
  return out;
}
std::vector<std::string> Problems(std::string_view body) {
  return Problems(ReadJson(kSchema, body));
}

TEST(ReadJson, GivesTheFields) {
  const auto fields =
      ReadJson(kSchema, With(R"("first_name":null,"keep":true,"limit":7,"transport":"cookie",
        "from":"2026-01-02T03:04:05Z","device":{"id":"d1"},
        "role_ids":["00000000-0000-7000-8000-000000000001"])"));
  ASSERT_TRUE(fields.ok());
  EXPECT_EQ(fields->Text("email"), "a@b.ke");
  EXPECT_TRUE(fields->Has("first_name"));
  EXPECT_TRUE(fields->IsNull("first_name"));
  EXPECT_EQ(fields->OptionalText("first_name"), std::nullopt);
  EXPECT_TRUE(fields->Bool("keep"));
  EXPECT_EQ(fields->Int("limit", 50), 7);
  EXPECT_EQ(fields->OptionalTime("from"), FromUnixSeconds(1767323045));
  EXPECT_EQ(fields->Object("device").Text("id"), "d1");
  EXPECT_EQ(fields->Items("role_ids").size(), 1u);
}

TEST(ReadJson, WhatIsAbsentHasFallbacks) {
  const auto fields = ReadJson(kSchema, "{" + std::string(kGood) + "}");
  ASSERT_TRUE(fields.ok());
  EXPECT_FALSE(fields->Has("keep"));
  EXPECT_FALSE(fields->IsNull("keep"));
  EXPECT_TRUE(fields->Bool("keep", true));
  EXPECT_EQ(fields->Int("limit", 50), 50);
  EXPECT_EQ(fields->OptionalInt("limit"), std::nullopt);
  EXPECT_EQ(fields->OptionalTime("from"), std::nullopt);
  EXPECT_EQ(fields->Text("transport"), "");
  EXPECT_EQ(fields->Object("device").Text("id"), "");
  EXPECT_TRUE(fields->Items("role_ids").empty());
  EXPECT_EQ(Fields().Text("x"), "");
}

TEST(ReadJson, SyntaxIsAnotherErrorThanContent) {
  for (const char* body : {"", " ", "{", "{}x", "{\"email\":1,\"email\":2}", "{'email':1}",
                           "\xEF\xBB\xBF{}", "{\"email\":\"\xFF\"}"}) {
    const auto result = ReadJson(kSchema, body);
    ASSERT_FALSE(result.ok()) << body;
    EXPECT_EQ(result.error().code, ErrorCode::kMalformedJson) << body;
  }
  for (const char* body : {"[]", "null", "1", "\"x\""}) {
    EXPECT_THAT(Problems(body), ElementsAre(" wrong_type")) << body;
  }
}

TEST(ReadJson, ReportsEveryProblemAtOnce) {
  EXPECT_THAT(
      Problems(R"({"email":"nobody","keep":"yes","limit":0,"x":1,"device":{}})"),
      UnorderedElementsAre("/email invalid_format", "/keep wrong_type", "/limit too_small",
                           "/x unknown_field", "/device/id required", "/password required"));
}

TEST(ReadJson, Types) {
  EXPECT_THAT(Problems(With(R"("keep":null)")), ElementsAre("/keep wrong_type"));
  EXPECT_THAT(Problems(With(R"("keep":1)")), ElementsAre("/keep wrong_type"));
  EXPECT_THAT(Problems(With(R"("limit":"7")")), ElementsAre("/limit wrong_type"));
  EXPECT_THAT(Problems(With(R"("limit":7.5)")), ElementsAre("/limit wrong_type"));
  EXPECT_THAT(Problems(With(R"("limit":99999999999999999999)")), ElementsAre("/limit wrong_type"));
  EXPECT_THAT(Problems(With(R"("first_name":{})")), ElementsAre("/first_name wrong_type"));
  EXPECT_THAT(Problems(With(R"("device":[])")), ElementsAre("/device wrong_type"));
  EXPECT_THAT(Problems(With(R"("device":null)")), ElementsAre("/device wrong_type"));
  EXPECT_THAT(Problems(With(R"("role_ids":{})")), ElementsAre("/role_ids wrong_type"));
}

TEST(ReadJson, BoundsAreInclusiveAndInCodePoints) {
  EXPECT_THAT(Problems(With(R"("limit":1)")), IsEmpty());
  EXPECT_THAT(Problems(With(R"("limit":200)")), IsEmpty());
  EXPECT_THAT(Problems(With(R"("limit":201)")), ElementsAre("/limit too_large"));
  EXPECT_THAT(Problems(With(R"("first_name":"äöüßé")")), IsEmpty());
  EXPECT_THAT(Problems(With(R"("first_name":"äöüßéx")")), ElementsAre("/first_name too_long"));
  EXPECT_THAT(Problems(R"({"email":"a@b.ke","password":""})"), ElementsAre("/password too_short"));
  EXPECT_THAT(Problems(With(R"("role_ids":[])")), ElementsAre("/role_ids too_short"));
  EXPECT_THAT(Problems(With(R"("role_ids":[1,2,3,4])")), ElementsAre("/role_ids too_long"));
}

TEST(ReadJson, PointersReachIntoArraysAndAreEscaped) {
  EXPECT_THAT(Problems(With(R"("role_ids":["00000000-0000-7000-8000-000000000001",1,"x"])")),
              ElementsAre("/role_ids/1 wrong_type", "/role_ids/2 invalid_format"));
  EXPECT_THAT(Problems(With(R"("device":{"id":"d","a/b~c":1,"x/~y":1})")),
              ElementsAre("/device/a~1b~0c wrong_type", "/device/x~1~0y unknown_field"));
}

TEST(ReadJson, MassAssignmentIsRefused) {
  EXPECT_THAT(Problems(With(R"("is_platform_admin":true)")),
              ElementsAre("/is_platform_admin unknown_field"));
  EXPECT_THAT(Problems(With(R"("Email":"x@y.ke")")), ElementsAre("/Email unknown_field"));
  EXPECT_THAT(Problems(With(R"("device":{"id":"d","trusted":true})")),
              ElementsAre("/device/trusted unknown_field"));
}

TEST(ReadJson, StringsAreNormalizedBeforeAnythingElse) {
  // e and a combining acute: five code points after NFC, six before.
  const auto fields = ReadJson(kSchema, With("\"first_name\":\"abcde\xCC\x81\""));
  ASSERT_TRUE(fields.ok());
  EXPECT_EQ(fields->Text("first_name"), "abcd\xC3\xA9");
}

TEST(ReadJson, ControlCharactersAreRefused) {
  for (const char* text : {"a\\u0000b", "a\\nb", "a\\u007f", "a\\u0085", "a\\u2028", "\\u202e"}) {
    EXPECT_THAT(Problems(With("\"first_name\":\"" + std::string(text) + "\"")),
                ElementsAre("/first_name control_character"))
        << text;
  }
  EXPECT_THAT(Problems(R"({"email":"a@b.ke","password":"p\r\nq"})"),
              ElementsAre("/password control_character"));
}

TEST(ReadJson, EnumerationsAndFormats) {
  EXPECT_THAT(Problems(With(R"("transport":"Cookie")")), ElementsAre("/transport not_allowed"));
  EXPECT_THAT(Problems(With(R"("transport":"")")), ElementsAre("/transport not_allowed"));
  EXPECT_THAT(Problems(With(R"("from":"yesterday")")), ElementsAre("/from invalid_format"));
}

TEST(ReadJson, AFloodOfProblemsIsCutShort) {
  std::string body = "{";
  for (int i = 0; i < 5000; ++i) body += "\"" + std::string(10, 'x') + std::to_string(i) + "\":1,";
  body += "\"" + std::string(5000, 'y') + "\":1}";
  const auto problems = Problems(body);
  EXPECT_EQ(problems.size(), 50u);
  const auto one = Problems("{\"" + std::string(5000, 'y') + "\":1}");
  EXPECT_EQ(one.front(), "/" + std::string(64, 'y') + " unknown_field");
}

TEST(ReadJson, MessagesForPeopleAreInTheirWords) {
  const auto result = ReadJson(kSchema, R"({"password":"p","limit":0})");
  ASSERT_FALSE(result.ok());
  std::vector<std::string> messages;
  for (const auto& error : result.error().fields) messages.push_back(error.user_message);
  EXPECT_THAT(messages, UnorderedElementsAre("Please enter an e-mail address.",
                                             "Please enter a number of at least 1."));
}

TEST(ReadPairs, ConvertsText) {
  const auto fields =
      ReadPairs(kSchema, {{"email", "a@b.ke"}, {"password", ""}, {"password2", ""}});
  EXPECT_THAT(Problems(fields),
              UnorderedElementsAre("?password too_short", "?password2 unknown_field"));
  const auto good = ReadPairs(
      kSchema, {{"email", "a@b.ke"}, {"password", "p"}, {"limit", "12"}, {"keep", "true"}});
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(good->Int("limit", 0), 12);
  EXPECT_TRUE(good->Bool("keep"));
}

TEST(ReadPairs, RefusesWhatIsNotExactlyTheType) {
  const auto problems = [](const char* name, const char* value) {
    return Problems(ReadPairs(kSchema, {{"email", "a@b.ke"}, {"password", "p"}, {name, value}}));
  };
  for (const char* value : {"", " 7", "7 ", "+7", "7.0", "0x7", "7e0", "99999999999999999999"}) {
    EXPECT_THAT(problems("limit", value), ElementsAre("?limit wrong_type")) << value;
  }
  EXPECT_THAT(problems("limit", "-1"), ElementsAre("?limit too_small"));
  for (const char* value : {"", "1", "True", "yes"}) {
    EXPECT_THAT(problems("keep", value), ElementsAre("?keep wrong_type")) << value;
  }
  EXPECT_THAT(problems("first_name", "a\nb"), ElementsAre("?first_name control_character"));
  EXPECT_THAT(problems("device", "{}"), ElementsAre("?device wrong_type"));
}

TEST(ReadPairs, RepeatedAndMissing) {
  EXPECT_THAT(Problems(ReadPairs(kSchema, {{"email", "a@b.ke"}, {"email", "c@d.ke"}})),
              UnorderedElementsAre("?email not_allowed", "?password required"));
}

}  // namespace
}  // namespace gatehouse::http
