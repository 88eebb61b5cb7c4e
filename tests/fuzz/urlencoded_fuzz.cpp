#include "fcgi/base/codec.h"
#include "fcgi/http/input.h"
#include "tests/fuzz/expect.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto pairs = gatehouse::http::ParseUrlEncoded(FuzzText(data, size));
  if (!pairs.ok()) return 0;
  FUZZ_EXPECT(pairs->size() <= 64);
  for (const auto& [name, value] : *pairs) {
    FUZZ_EXPECT(gatehouse::IsUtf8(name) && gatehouse::IsUtf8(value));
  }
  return 0;
}
