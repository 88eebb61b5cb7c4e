#include "fcgi/http/input.h"
#include "tests/fuzz/expect.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view header = FuzzText(data, size);
  for (const char* name : {"__Host-gatehouse_access", "t", ""}) {
    const auto match = gatehouse::http::FindCookie(header, name);
    FUZZ_EXPECT(match.count >= 0);
    FUZZ_EXPECT(match.count > 0 || match.value.empty());
    FUZZ_EXPECT(match.value.find(';') == std::string_view::npos);
    FUZZ_EXPECT(match.value.empty() ||
                (match.value.data() >= header.data() &&
                 match.value.data() + match.value.size() <= header.data() + header.size()));
  }
  return 0;
}
