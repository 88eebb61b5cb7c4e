#include "fcgi/lib/image.h"
#include "tests/fuzz/expect.h"

// Without the child: a crash is to be seen.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto portrait = gatehouse::MakePortraitUnconfined(FuzzText(data, size));
  if (!portrait.ok()) {
    FUZZ_EXPECT(portrait.error().code == gatehouse::ErrorCode::kUnsupportedImage);
    return 0;
  }
  FUZZ_EXPECT(portrait->starts_with("\xFF\xD8\xFF") && portrait->ends_with("\xFF\xD9"));
  FUZZ_EXPECT(portrait->size() < 1'000'000);
  return 0;
}
