#include <array>

#include "handlers/api/schema_parts.h"
#include "handlers/api/schemas.h"

namespace gatehouse::api::schema {
namespace {

using http::FieldSpec;
using http::Schema;

constexpr FieldSpec kRequiredCode{.name = "code", .required = true, .min = 6, .max = 32};
// Not required: in cookie mode the cookie carries the token.
constexpr std::array kChallengeFields = {FieldSpec{.name = "challenge_token", .min = 1, .max = 512},
                                         kRequiredCode};
constexpr std::array kEnrolFields = {kOwnPassword};
constexpr std::array kConfirmFields = {kRequiredCode};
constexpr std::array kBothFactorsFields = {kOwnPassword, kRequiredCode};

constexpr std::array kEnrolmentFields = {Text("secret", 64), Text("otpauth_uri", 2000),
                                         Text("qr_svg", 1000000), Text("qr_png_base64", 1000000)};
constexpr std::array kRecoveryCodesFields = {List("recovery_codes", &kTextItem)};

}  // namespace

const Schema kChallenge{"ChallengeRequest", kChallengeFields};
const Schema kEnrol{"EnrolRequest", kEnrolFields};
const Schema kConfirm{"ConfirmRequest", kConfirmFields};
const Schema kBothFactors{"BothFactorsRequest", kBothFactorsFields};

const Schema kEnrolmentAnswer{"Enrolment", kEnrolmentFields};
const Schema kRecoveryCodes{"RecoveryCodes", kRecoveryCodesFields};

}  // namespace gatehouse::api::schema
