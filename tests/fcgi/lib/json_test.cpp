#include "fcgi/lib/json.h"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>

#include "tests/support/cpu_time.h"

namespace gatehouse::json {
namespace {

std::string Nested(int levels, char open, char close) {
  return std::string(static_cast<std::size_t>(levels), open) +
         std::string(static_cast<std::size_t>(levels), close);
}

TEST(JsonParse, KindsArriveAsTheyAre) {
  const auto v =
      Parse(R"( {"s":"\u00e9\ud83d\ude00","i":-7,"b":true,"n":null,"d":1.5,"a":[1,[]],"o":{}} )");
  ASSERT_TRUE(v);
  EXPECT_EQ(*v->Find("s")->string(), "\xc3\xa9\xf0\x9f\x98\x80");
  EXPECT_EQ(*v->Find("i")->integer(), -7);
  EXPECT_TRUE(*v->Find("b")->boolean());
  EXPECT_TRUE(v->Find("n")->is_null());
  EXPECT_EQ(*v->Find("d")->number(), 1.5);
  EXPECT_EQ(v->Find("a")->array()->size(), 2U);
  EXPECT_TRUE(v->Find("o")->object()->empty());
  EXPECT_EQ(v->Find("missing"), nullptr);
  EXPECT_EQ(v->Find("i")->Find("x"), nullptr);
}

TEST(JsonParse, IntegersKeepEveryBitAndBeyondInt64BecomeDoubles) {
  const auto v = Parse(
      "[9223372036854775807,-9223372036854775808,9223372036854775808,"
      "4294967296,-0,1e2,123456789012345678901234567890]");
  ASSERT_TRUE(v);
  const Array& a = *v->array();
  EXPECT_EQ(*a[0].integer(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(*a[1].integer(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(*a[2].number(), 9223372036854775808.0);
  EXPECT_EQ(*a[3].integer(), 4294967296);
  EXPECT_NE(a[5].number(), nullptr);
  EXPECT_EQ(*a[6].number(), 123456789012345678901234567890.0);
}

// SPEC E5, API "malformed_json": one well-formed document, and nothing else.
TEST(JsonParse, E5_RefusesWhatIsNotOneDocument) {
  const std::string_view bad[] = {
      "",        " ",        "{",         "[1,]",      "{\"a\":1,}",  "{a:1}",
      "{'a':1}", "nul",      "tru",       "+1",        "01",          "1.",
      ".5",      "1e",       "0x10",      "NaN",       "Infinity",    "-Infinity",
      "[NaN]",   "[1e400]",  "[-1e400]",  "1 2",       "{} {}",       "{}x",
      "[1]]",    "// c\n1",  "/* c */1",  "[1 2]",     "{\"a\" 1}",   "\"a",
      "\"\n\"",  "\"\t\"",   "\"\\x41\"", "\"\\u12\"", "\"\\u12g4\"", "\xef\xbb\xbf{}",
      "\xff",    "{\"a\":}", "[,1]",      "--1"};
  for (const auto text : bad) {
    std::string why;
    EXPECT_FALSE(Parse(text, &why)) << text;
    EXPECT_NE(why.find("at byte"), std::string::npos) << text;
  }
}

TEST(JsonParse, ANulByteIsNotAnEnd) {
  using namespace std::string_view_literals;
  EXPECT_FALSE(Parse("{}\0"sv));
  EXPECT_FALSE(Parse("{}\0{\"role\":\"admin\"}"sv));
  EXPECT_FALSE(Parse("[1\0]"sv));
  EXPECT_FALSE(Parse("\"a\0b\""sv));
  EXPECT_FALSE(Parse("\0"sv));
  const auto escaped = Parse("\"a\\u0000b\"");
  ASSERT_TRUE(escaped);
  EXPECT_EQ(*escaped->string(), "a\0b"sv);
}

TEST(JsonParse, NothingBehindTheViewIsRead) {
  const std::string text = "{\"a\":12345}";
  EXPECT_TRUE(Parse(std::string_view(text).substr(0, text.size())));
  EXPECT_EQ(*Parse(std::string_view(text).substr(5, 2))->integer(), 12);
}

TEST(JsonParse, RefusesSurrogatesAlone) {
  for (const auto* text : {R"("\ud800")", R"("\udc00")", R"("\udc00\ud800")", R"("\ud800x")",
                           R"("\ud800\u0041")", R"("\ud83d\ud83d")", R"({"\udfff":1})"}) {
    EXPECT_FALSE(Parse(text)) << text;
  }
}

TEST(JsonParse, RefusesIllFormedUtf8InStringsAndNames) {
  for (const auto* bytes :
       {"\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xff", "\x80", "\xc3", "\xe2\x82"}) {
    EXPECT_FALSE(Parse(std::string("\"") + bytes + "\""));
    EXPECT_FALSE(Parse(std::string("{\"") + bytes + "\":1}"));
    for (std::size_t n = 0; n < 20; ++n) {  // wherever it stands
      const std::string before(n, 'x');
      EXPECT_FALSE(Parse("\"" + before + bytes + "\""));
      EXPECT_FALSE(Parse("\"" + before + bytes + "0123456789\""));
      EXPECT_TRUE(Parse("\"" + before + "\u00e9" + "0123456789\""));
    }
  }
}

TEST(JsonParse, E5_RefusesDuplicateMembersAtAnyLevel) {
  EXPECT_FALSE(Parse(R"({"a":1,"a":1})"));
  EXPECT_FALSE(Parse(R"({"a":1,"\u0061":2})"));
  EXPECT_FALSE(Parse(R"([{"x":{"a":1,"b":2,"a":3}}])"));
  EXPECT_TRUE(Parse(R"({"a":{"a":1},"b":{"a":1}})"));
  EXPECT_TRUE(Parse(R"({"a":1,"A":1})"));
  std::string many = "{";
  for (int i = 0; i < 100; ++i) many += "\"k" + std::to_string(i) + "\":0,";
  EXPECT_TRUE(Parse(many + "\"k100\":0}"));
  EXPECT_FALSE(Parse(many + "\"k50\":0}"));
}

TEST(JsonParse, E5_DepthSixteenAndNoMore) {
  EXPECT_TRUE(Parse(Nested(16, '[', ']')));
  EXPECT_FALSE(Parse(Nested(17, '[', ']')));
  std::string why;
  EXPECT_FALSE(Parse(Nested(30000, '[', ']'), &why));
  EXPECT_EQ(why.find("nested too deeply"), 0U);
  std::string objects;
  for (int i = 0; i < 17; ++i) objects += "{\"a\":";
  EXPECT_FALSE(Parse(objects + "1" + std::string(17, '}')));
  EXPECT_TRUE(Parse(objects.substr(5) + "1" + std::string(16, '}')));
}

// SPEC E5: 64 KiB of anything must not cost more than it is worth.
TEST(JsonParse, HostileBodiesAreCheap) {
  std::string members = "{";
  for (int i = 0; members.size() < 65000; ++i) members += "\"" + std::to_string(i) + "\":0,";
  members += "\"0\":0}";
  const std::string digits = "[" + std::string(65000, '9') + "]";
  const std::string fraction = "[0." + std::string(65000, '1') + "]";
  const auto start = CpuTime();
  EXPECT_FALSE(Parse(members));
  EXPECT_FALSE(Parse(digits));
  EXPECT_TRUE(Parse(fraction));
  EXPECT_LT(CpuTime() - start, std::chrono::milliseconds(500));
}

TEST(JsonWriter, WritesWhatItParses) {
  const std::string text =
      R"({"a":[1,-2,true,false,null,"x\"\\\u000a"],"o":{"k":{}},"e":[],"d":0.1})";
  const auto v = Parse(text);
  ASSERT_TRUE(v);
  EXPECT_EQ(Write(*v), text);
}

TEST(JsonWriter, MembersAndNesting) {
  Writer w;
  w.BeginObject().Member("s", "x").Member("t", true).Member("i", 5).Member("n",
                                                                           std::int64_t{1} << 40);
  w.Member("none", std::optional<std::string>()).Member("some", std::optional<std::string>("v"));
  w.Key("a").BeginArray().Int(1).Raw("{\"r\":2}").BeginArray().EndArray().Null().EndArray();
  w.Member("v", std::string_view("sv")).EndObject();
  EXPECT_EQ(w.Take(), R"({"s":"x","t":true,"i":5,"n":1099511627776,"none":null,"some":"v",)"
                      R"("a":[1,{"r":2},[],null],"v":"sv"})");
  w.BeginArray().EndArray();
  EXPECT_EQ(w.Take(), "[]");
}

TEST(JsonWriter, HostileStringsStayOneValidString) {
  std::string hostile;
  for (int i = 0; i < 256; ++i) hostile.push_back(static_cast<char>(i));
  Writer w;
  w.BeginObject().Member(hostile, hostile).EndObject();
  const std::string out = w.Take();
  EXPECT_TRUE(Parse(out));
  EXPECT_EQ(out.find('\n'), std::string::npos);
}

TEST(JsonWriter, NumbersThatJsonDoesNotHaveAreNull) {
  EXPECT_EQ(Write(Value(Array{Value(std::numeric_limits<double>::infinity()),
                              Value(std::numeric_limits<double>::quiet_NaN())})),
            "[null,null]");
}

#ifndef NDEBUG
TEST(JsonWriterDeathTest, UnbalancedCallsAreABug) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(Writer().BeginObject().EndArray(), "");
  EXPECT_DEATH(Writer().BeginObject().Int(1), "");
  EXPECT_DEATH(Writer().BeginArray().Key("a"), "");
  EXPECT_DEATH(Writer().BeginObject().Take(), "");
}
#endif

class Recorder : public FlatVisitor {
 public:
  bool OnString(std::string_view key, std::string_view value) override {
    return Note(std::string(key) + "=s:" + std::string(value));
  }
  bool OnInteger(std::string_view key, std::int64_t value) override {
    return Note(std::string(key) + "=i:" + std::to_string(value));
  }
  bool OnOther(std::string_view key) override { return Note(std::string(key) + "=?"); }

  std::string seen;
  std::string stop_at;

 private:
  bool Note(const std::string& what) {
    seen += what + ";";
    return stop_at.empty() || what.find(stop_at) != 0;
  }
};

TEST(JsonVisitFlat, TopLevelOnlyInOrder) {
  Recorder r;
  EXPECT_TRUE(VisitFlat(
      R"({"sub":"u1","exp":1700000000,"roles":["a",{"sub":"evil"}],"o":{"sub":"evil","exp":1},)"
      R"("b":true,"n":null,"d":1.5,"big":18446744073709551615,"neg":-3,"":"e"})",
      r));
  EXPECT_EQ(r.seen, "sub=s:u1;exp=i:1700000000;roles=?;o=?;b=?;n=?;d=?;big=?;neg=i:-3;=s:e;");
}

// SPEC T4: what a verifier reads must have one meaning.
TEST(JsonVisitFlat, T4_RefusesDuplicatesAndWhatIsNoObject) {
  using namespace std::string_view_literals;
  for (const auto text :
       {R"({"exp":1,"exp":2})"sv, R"({"exp":1,"e\u0078p":2})"sv, "[]"sv, "\"s\""sv, "1"sv, "null"sv,
        "true"sv, ""sv, "{}{}"sv, "{}\0"sv, R"({"a":"\udc00"})"sv, "{\"a\":\"\xff\"}"sv,
        "{\"a\":[\"\xff\"]}"sv, "{\"a\":1e400}"sv, "{\"a\":[1e400]}"sv, "{\"a\":1"sv}) {
    Recorder r;
    EXPECT_FALSE(VisitFlat(text, r)) << text;
  }
}

TEST(JsonVisitFlat, DepthIsLimitedInSkippedValues) {
  Recorder r;
  EXPECT_TRUE(VisitFlat("{\"a\":" + Nested(15, '[', ']') + "}", r));
  EXPECT_FALSE(VisitFlat("{\"a\":" + Nested(16, '[', ']') + "}", r));
  EXPECT_FALSE(VisitFlat("{\"a\":" + Nested(30000, '[', ']') + "}", r));
}

TEST(JsonVisitFlat, TheVisitorCanStop) {
  Recorder r;
  r.stop_at = "b";
  EXPECT_FALSE(VisitFlat(R"({"a":1,"b":2,"c":3})", r));
  EXPECT_EQ(r.seen, "a=i:1;b=i:2;");
}

}  // namespace
}  // namespace gatehouse::json
