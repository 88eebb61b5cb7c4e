#include "fcgi/http/multipart.h"
#include "tests/fuzz/expect.h"

// The first line is the content type, the rest the body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = FuzzText(data, size);
  const std::size_t end = input.find('\n');
  if (end == std::string_view::npos) return 0;
  const std::string_view body = input.substr(end + 1);
  const auto file = gatehouse::http::ReadUpload(input.substr(0, end), body, "picture");
  if (file.ok()) {
    FUZZ_EXPECT(!file->empty());
    FUZZ_EXPECT(body.find(*file) != std::string_view::npos);
    return 0;
  }
  using enum gatehouse::ErrorCode;
  const gatehouse::Error& error = file.error();
  FUZZ_EXPECT(error.code == kUnsupportedMediaType || error.code == kMalformedJson ||
              error.code == kValidationFailed);
  FUZZ_EXPECT((error.code == kValidationFailed) == !error.fields.empty());
  FUZZ_EXPECT(error.fields.size() <= 17);
  return 0;
}
