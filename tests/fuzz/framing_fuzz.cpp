#include "fcgi/http/framing.h"
#include "tests/fuzz/expect.h"

using gatehouse::http::Arrival;
using gatehouse::http::Inspect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = FuzzText(data, size);
  std::string scratch;
  const auto framing = Inspect(bytes, scratch);
  if (framing.arrival == Arrival::kWhole) {
    FUZZ_EXPECT(framing.size <= size);
    // What follows a request does not matter to it, and it is whole with its last byte only.
    FUZZ_EXPECT(Inspect(bytes.substr(0, framing.size), scratch).arrival == Arrival::kWhole);
    FUZZ_EXPECT(Inspect(bytes.substr(0, framing.size - 1), scratch).arrival == Arrival::kHead);
  } else if (framing.arrival != Arrival::kRefused) {
    // Nothing acceptable ever had a beginning that was refused.
    FUZZ_EXPECT(Inspect(bytes.substr(0, size / 2), scratch).arrival != Arrival::kRefused);
  }
  return 0;
}
