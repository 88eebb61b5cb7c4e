// The cutting of an import into records (SPEC A4; API.md "Operation").
#include "fcgi/cli/import_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "fcgi/lib/json.h"

namespace gatehouse::cli {
namespace {

struct Outcome {
  std::vector<std::string> records;
  std::vector<std::uint64_t> numbers;
  std::string fault;  // "" where the end was reached
  bool operator==(const Outcome&) const = default;
};

// Reads `text` as a source does that gives `step` bytes at a time.
Outcome ReadAll(std::string_view text, std::size_t step = 4096) {
  RecordReader reader([&](std::span<char> out) -> Result<std::size_t> {
    const std::size_t n = std::min({step, out.size(), text.size()});
    std::copy_n(text.begin(), n, out.begin());
    text.remove_prefix(n);
    return n;
  });
  Outcome out;
  for (;;) {
    const auto record = reader.Next();
    if (!record.ok()) {
      out.fault = record.error().inner;
      return out;
    }
    if (!record.value()) return out;
    const auto& got = **record;
    out.records.push_back(got.too_long ? "too long" : std::string(got.text));
    out.numbers.push_back(got.number);
  }
}

using Texts = std::vector<std::string>;
using Numbers = std::vector<std::uint64_t>;

TEST(ImportReader, Lines) {
  const auto read = ReadAll("\n {\"a\": 1}\r\n\n \t\n[2]\n\"x");
  EXPECT_EQ(read.records, (Texts{"{\"a\": 1}\r", "[2]", "\"x"}));
  EXPECT_EQ(read.numbers, (Numbers{2, 5, 6}));
  EXPECT_EQ(read.fault, "");
  for (const char* none : {"", "\n", " \r\n\t"}) EXPECT_EQ(ReadAll(none), Outcome()) << none;
}

TEST(ImportReader, Elements) {
  const auto read = ReadAll("\n [ {\"a\": [1, {}]} ,\"],\\\"[{\", [[\"\\\\\"], 3] \n,\n4]\n ");
  EXPECT_EQ(read.records,
            (Texts{"{\"a\": [1, {}]} ", "\"],\\\"[{\"", " [[\"\\\\\"], 3] \n", "\n4"}));
  EXPECT_EQ(read.numbers, (Numbers{0, 1, 2, 3}));
  EXPECT_EQ(read.fault, "");
  for (const char* none : {"[]", " [ \n] "}) EXPECT_EQ(ReadAll(none), Outcome()) << none;
}

TEST(ImportReader, WhatIsNoArray) {
  for (const char* open : {"[", "[1", "[1,", "[1,2", "[{]", "[\"]", "[\"\\\"]", "[[1]"}) {
    EXPECT_EQ(ReadAll(open).fault, "the file ends before the array does") << open;
  }
  for (const char* more : {"[] 1", "[1],", "[1]]", "[][]"}) {
    EXPECT_EQ(ReadAll(more).fault, "something stands after the end of the array") << more;
  }
  // Handed over for JSON's parser to refuse.
  EXPECT_EQ(ReadAll("[1,]").records, (Texts{"1", ""}));
  EXPECT_EQ(ReadAll("[,1]").records, (Texts{"", "1"}));
  EXPECT_EQ(ReadAll("[{},{}}]").records, (Texts{"{}", "{}}"}));
}

TEST(ImportReader, ARecordTooLongIsPassedOverAndCostsNoMemory) {
  const std::string most(RecordReader::kMaxRecord - 2, 'x');
  const std::string fits = "\"" + most + "\"", not_fits = "\"" + most + "x\"";
  EXPECT_EQ(ReadAll(fits + "\n" + not_fits + "\n1\n").records, (Texts{fits, "too long", "1"}));
  EXPECT_EQ(ReadAll("[" + fits + "," + not_fits + ",1]").records, (Texts{fits, "too long", "1"}));
}

TEST(ImportReader, AFaultOfTheSourceIsHandedOn) {
  RecordReader reader([](std::span<char>) -> Result<std::size_t> {
    return MakeError(ErrorCode::kInternal, "gone");
  });
  EXPECT_EQ(reader.Next().error().inner, "gone");
}

// Property: whatever the text, it is an array to us (no fault, every element parses) exactly where
// JSON's parser says so, with the same elements, whatever the size of the pieces it comes in.
TEST(ImportReader, AgreesWithTheParser) {
  constexpr std::string_view kPieces[] = {"[", "]", "{",     "}",  ",",  "\"",   "\\",        ":",
                                          " ", "1", "\"a\"", "{}", "[]", "null", "{\"a\":1}", "\n"};
  std::mt19937 random(11);
  int arrays = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text = "[";
    for (auto n = random() % 9; n > 0; --n) text += kPieces[random() % std::size(kPieces)];
    if (random() % 4 != 0) text += ']';
    const auto read = ReadAll(text, 1 + random() % 3);
    bool all = read.fault.empty();
    json::Array elements;
    for (const auto& record : read.records) {
      const auto parsed = json::Parse(record);
      all = all && parsed.has_value();
      if (parsed) elements.push_back(*parsed);
    }
    const auto whole = json::Parse(text);
    ASSERT_EQ(all, whole.has_value()) << text;
    if (!whole) continue;
    ++arrays;
    EXPECT_EQ(json::Write(json::Value(elements)), json::Write(*whole)) << text;
  }
  EXPECT_GT(arrays, 5'000);
}

}  // namespace
}  // namespace gatehouse::cli
