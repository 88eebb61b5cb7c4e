#include "fcgi/base/text_list.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>

namespace gatehouse {
namespace {

TEST(TextListTest, GivesBackWhatWentIn) {
  const std::vector<std::string> items = {"", "b", std::string(300, 'x'), "", std::string(1, '\0')};
  const TextList list = items;
  EXPECT_EQ(list.Strings(), items);
  ASSERT_EQ(list.size(), items.size());
  for (std::size_t i = 0; i < items.size(); ++i) EXPECT_EQ(list[i], items[i]);
  EXPECT_EQ(list, TextList(items));
  EXPECT_NE(list, (TextList{"b"}));
  EXPECT_NE((TextList{"ab", "c"}), (TextList{"a", "bc"})) << "the same text, cut elsewhere";
  EXPECT_TRUE(TextList().empty());
  EXPECT_EQ(TextList().begin(), TextList().end());
}

TEST(TextListTest, IsSearchedLikeAnySortedRange) {
  std::vector<std::string> items;
  for (int i = 0; i < 1000; ++i) items.push_back("thing" + std::to_string(i));
  std::sort(items.begin(), items.end());
  const TextList list = items;
  for (const auto& item : items) {
    ASSERT_TRUE(std::binary_search(list.begin(), list.end(), std::string_view(item)));
    ASSERT_FALSE(std::binary_search(list.begin(), list.end(), std::string_view(item + "!")));
  }
  EXPECT_EQ(list.end() - list.begin(), 1000);
  EXPECT_EQ(*(list.end() - 1), items.back());
  EXPECT_EQ(list.begin()[7], items[7]);
}

// DESIGN 10: a worker that serves somebody with 10,000 permissions stays small.
TEST(TextListTest, TakesLittleMoreThanItsText) {
  std::vector<std::string> items;
  std::size_t bytes = 0;
  for (int i = 0; i < 10'000; ++i) {
    items.push_back("bench:thing" + std::to_string(10'000 + i) + ":view");
    bytes += items.back().size();
  }
  const auto in_use = [] {
    const auto info = mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  const auto before = in_use();
  const TextList list = items;
  EXPECT_LE(in_use() - before, bytes + 4 * items.size() + 8192);
  EXPECT_EQ(list.size(), items.size());
}

}  // namespace
}  // namespace gatehouse
