#include <array>

#include "handlers/api/schema_parts.h"
#include "handlers/api/schemas.h"

namespace gatehouse::api::schema {
namespace {

using http::FieldSpec;
using http::Format;
using http::Schema;

constexpr FieldSpec Token(std::string_view name) {
  return {.name = name, .required = true, .min = 1, .max = 512};
}
constexpr std::array kRegisterFields = {
    kTenantField,
    kEmailField,
    NewPassword("password"),
    FieldSpec{
        .name = "first_name", .nullable = true, .min = 1, .max = 100, .format = Format::kName},
    FieldSpec{.name = "last_name", .nullable = true, .min = 1, .max = 100, .format = Format::kName},
    FieldSpec{.name = "phone", .nullable = true, .min = 8, .max = 16, .format = Format::kPhone},
};
constexpr std::array kMailedLinkFields = {Token("token")};
constexpr std::array<std::string_view, 3> kLinkPurposes = {"verify_email", "change_email",
                                                           "password_reset"};
constexpr std::array kMailedLinkAnswerFields = {
    FieldSpec{.name = "purpose", .max = 16, .one_of = kLinkPurposes},
    Nested("tenant", &kSignInTenant),
    Number("password_min_length"),
};
constexpr std::array kVerifyEmailFields = {Token("token")};
constexpr std::array kAddressFields = {kTenantField, kEmailField};
constexpr std::array kResetFields = {Token("token"), NewPassword("new_password")};
constexpr std::array kChangeFields = {
    NewPassword("current_password"),
    NewPassword("new_password"),
    FieldSpec{.name = "code", .min = 6, .max = 32},
};

}  // namespace

const Schema kRegister{"RegisterRequest", kRegisterFields};
const Schema kMailedLink{"MailedLinkRequest", kMailedLinkFields};
const Schema kVerifyEmail{"VerifyEmailRequest", kVerifyEmailFields};
const Schema kAddress{"AddressRequest", kAddressFields};
const Schema kResetPassword{"ResetPasswordRequest", kResetFields};
const Schema kChangePassword{"ChangePasswordRequest", kChangeFields};

const Schema kMailedLinkAnswer{"MailedLink", kMailedLinkAnswerFields};

}  // namespace gatehouse::api::schema
