#include "fcgi/lib/qr.h"

#include <gtest/gtest.h>

namespace gatehouse {
namespace {

// That a camera reads them is shown with another program's eyes (tests/e2e/test_second_factor.py).
TEST(QrTest, DrawsBothPictures) {
  const auto drawn = DrawQr("otpauth://totp/x");
  ASSERT_TRUE(drawn.ok());
  EXPECT_TRUE(drawn->png.starts_with("\x89PNG\r\n\x1a\n"));
  EXPECT_TRUE(drawn->svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 "));
  EXPECT_TRUE(drawn->svg.ends_with("</svg>"));
  for (const char* active : {"<script", "style=", "href", "<!", "&"}) {
    EXPECT_EQ(drawn->svg.find(active), std::string::npos) << active;
  }
}

TEST(QrTest, TakesWhatFitsAndRefusesTheRest) {
  EXPECT_TRUE(DrawQr(std::string(2331, 'x')).ok()) << "version 40, level M";
  EXPECT_TRUE(DrawQr(std::string(2953, 'x')).ok()) << "version 40, level L";
  EXPECT_FALSE(DrawQr(std::string(2954, 'x')).ok());
  EXPECT_FALSE(DrawQr("").ok());
  EXPECT_TRUE(DrawQr(std::string("a\0b", 3)).ok());
}

}  // namespace
}  // namespace gatehouse
