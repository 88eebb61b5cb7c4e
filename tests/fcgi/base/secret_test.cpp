#include "fcgi/base/secret.h"

#include <gtest/gtest.h>

#include <cstring>
#include <type_traits>
#include <utility>

namespace gatehouse {
namespace {

template <class T>
concept Streamable = requires(std::ostream& out, const T& t) {
  out << t;
};

TEST(Secret, CannotBeCopiedNorPrinted) {
  EXPECT_FALSE(std::is_copy_constructible_v<Secret>);
  EXPECT_FALSE(std::is_copy_assignable_v<Secret>);
  EXPECT_FALSE((std::is_convertible_v<Secret, std::string>));
  EXPECT_FALSE(Streamable<Secret>);
}

TEST(Secret, WipeLeavesNothingBehind) {
  std::string text = "a secret that is long enough to live on the heap";
  const char* const data = text.data();
  const std::size_t size = text.size();
  // A shorter value now; the tail of the old one must go all the same.
  text.resize(3);
  Wipe(text);
  EXPECT_TRUE(text.empty());
  ASSERT_GE(text.capacity(), size);
  for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(data[i], '\0') << i;
}

TEST(Secret, WipeTakesNothing) {
  std::string empty;
  Wipe(empty);
  Wipe(nullptr, 0);
  char buffer[4] = {1, 2, 3, 4};
  Wipe(buffer, 2);
  EXPECT_EQ(std::memcmp(buffer, "\0\0\3\4", 4), 0);
}

TEST(Secret, MovingLeavesTheSourceEmptyAndWiped) {
  // Short, so that it lives inside the object, where a move copies.
  Secret a(std::string("short"));
  const Secret b = std::move(a);
  EXPECT_EQ(b.Reveal(), "short");
  EXPECT_TRUE(a.empty());  // NOLINT(*use-after-move*): what is tested
  EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(&a), sizeof(a)).find("short"),
            std::string_view::npos);

  Secret c(std::string("other"));
  Secret d(std::string("value"));
  d = std::move(c);
  EXPECT_EQ(d.Reveal(), "other");
  EXPECT_TRUE(c.empty());  // NOLINT(*use-after-move*): what is tested
  Secret& self = d;
  d = std::move(self);
  EXPECT_EQ(d.Reveal(), "other");
}

TEST(Secret, DestructionWipes) {
  alignas(Secret) unsigned char place[sizeof(Secret)];
  Secret* const secret = new (place) Secret(std::string("short"));
  ASSERT_NE(std::string_view(reinterpret_cast<const char*>(place), sizeof(place)).find("short"),
            std::string_view::npos);
  secret->~Secret();
  EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(place), sizeof(place)).find("short"),
            std::string_view::npos);
}

TEST(Secret, ACloneIsItsOwn) {
  Secret a(std::string("x"));
  const Secret b = a.Clone();
  a = Secret();
  EXPECT_EQ(b.Reveal(), "x");
  EXPECT_EQ(b.size(), 1U);
}

}  // namespace
}  // namespace gatehouse
