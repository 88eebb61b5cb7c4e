#include "fcgi/http/input.h"
#include "tests/fuzz/expect.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view header = FuzzText(data, size);
  const bool json = gatehouse::http::IsMediaType(header, "application/json");
  const bool form = gatehouse::http::IsMediaType(header, "application/x-www-form-urlencoded");
  FUZZ_EXPECT(!(json && form));
  FUZZ_EXPECT(!json || size >= 16);
  return 0;
}
