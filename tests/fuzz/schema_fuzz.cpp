#include <array>

#include "fcgi/base/codec.h"
#include "fcgi/http/schema.h"
#include "fcgi/lib/text.h"
#include "tests/fuzz/expect.h"

namespace {

using gatehouse::http::FieldSpec;
using gatehouse::http::FieldType;
using gatehouse::http::Format;
using gatehouse::http::Schema;

constexpr std::array<std::string_view, 2> kTransports = {"body", "cookie"};
constexpr std::array kDeviceFields = {
    FieldSpec{.name = "id", .required = true, .min = 1, .max = 64},
    FieldSpec{.name = "name"},
};
constexpr Schema kDevice{"Device", kDeviceFields};
constexpr FieldSpec kItem{.name = "", .format = Format::kPermission};
constexpr std::array kFields = {
    FieldSpec{.name = "email", .required = true, .max = 254, .format = Format::kEmail},
    FieldSpec{.name = "phone", .nullable = true, .format = Format::kPhone},
    FieldSpec{.name = "id", .format = Format::kUuid},
    FieldSpec{.name = "slug", .format = Format::kSlug},
    FieldSpec{.name = "at", .format = Format::kDateTime},
    FieldSpec{.name = "keep", .type = FieldType::kBoolean},
    FieldSpec{.name = "limit", .type = FieldType::kInteger, .min = 1, .max = 200},
    FieldSpec{.name = "transport", .one_of = kTransports},
    FieldSpec{.name = "device", .type = FieldType::kObject, .object = &kDevice},
    FieldSpec{.name = "permissions", .type = FieldType::kArray, .max = 20, .item = &kItem},
};
constexpr Schema kSchema{"Fuzz", kFields};

// Whatever gets through is what the schema promises to a handler, and whatever does not is told in
// text that can be sent.
void Check(const gatehouse::Result<gatehouse::http::Fields>& result) {
  if (!result.ok()) {
    const bool listed = result.error().code == gatehouse::ErrorCode::kValidationFailed;
    FUZZ_EXPECT(listed != result.error().fields.empty());
    for (const auto& error : result.error().fields) {
      FUZZ_EXPECT(gatehouse::IsUtf8(error.pointer) && !error.code.empty());
    }
    return;
  }
  FUZZ_EXPECT(gatehouse::http::IsEmail(result->Text("email")));
  const auto limit = result->OptionalInt("limit");
  FUZZ_EXPECT(!limit || (*limit >= 1 && *limit <= 200));
  for (const FieldSpec& field : kFields) {
    FUZZ_EXPECT(!gatehouse::text::HasControl(result->Text(field.name)));
  }
  for (const auto& item : result->Items("permissions")) {
    FUZZ_EXPECT(item.string() && gatehouse::http::IsPermission(*item.string(), false));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = FuzzText(data, size);
  Check(gatehouse::http::ReadJson(kSchema, text));
  const auto pairs = gatehouse::http::ParseUrlEncoded(text);
  if (pairs.ok()) Check(gatehouse::http::ReadPairs(kSchema, *pairs));
  return 0;
}
