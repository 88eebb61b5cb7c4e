#include <array>

#include "handlers/api/schema_parts.h"
#include "handlers/api/schemas.h"

namespace gatehouse::api::schema {
namespace {

using http::FieldSpec;
using http::Format;
using http::Schema;

constexpr FieldSpec kSecondFactorCode{.name = "code", .min = 6, .max = 32};
constexpr std::array kProfileFields = {
    Optional("first_name", 100, Format::kName),
    Optional("last_name", 100, Format::kName),
    kPhoneField,
    Optional("address", 500),
};
constexpr std::array kEmailChangeFields = {
    FieldSpec{
        .name = "new_email", .required = true, .min = 3, .max = 254, .format = Format::kEmail},
    kOwnPassword,
};
constexpr std::array kPictureFields = {
    FieldSpec{.name = "picture",
              .required = true,
              .max = 5 * 1024 * 1024,
              .description = "A JPEG, PNG or WebP file"},
};
constexpr std::array kDeleteMeFields = {kOwnPassword, kSecondFactorCode};

constexpr std::array kPictureAnswerFields = {Text("picture_url", 500)};
constexpr std::array kExportFields = {
    Time("exported_at"),
    Nested("user", &kUserAnswer),
    List("sessions", &kSessionItem),
    List("identities", &kIdentityItem),
    List("login_attempts", &kAttemptItem),
    List("audit_events", &kAuditItem),
};

}  // namespace

const Schema kProfileChange{"ProfileChange", kProfileFields};
const Schema kEmailChange{"EmailChange", kEmailChangeFields};
const Schema kPictureForm{"PictureForm", kPictureFields, http::Media::kMultipart};
const Schema kDeleteMe{"DeleteMe", kDeleteMeFields};

const Schema kPictureAnswer{"PictureAnswer", kPictureAnswerFields};
const Schema kExport{"Export", kExportFields};

}  // namespace gatehouse::api::schema
