#include <array>

#include "handlers/api/schema_parts.h"
#include "handlers/api/schemas.h"

namespace gatehouse::api::schema {
namespace {

using http::FieldSpec;
using http::FieldType;
using http::Format;
using http::Schema;

constexpr std::array kQuestionFields = {
    FieldSpec{.name = "permission",
              .required = true,
              .min = 5,
              .max = 200,
              .format = Format::kPermission},
    FieldSpec{.name = "owner_id", .nullable = true, .min = 1, .max = 64},
};
constexpr Schema kQuestion{"Question", kQuestionFields};
constexpr FieldSpec kQuestionItem = Item(&kQuestion);
constexpr std::array kCheckFields = {
    FieldSpec{.name = "checks",
              .type = FieldType::kArray,
              .required = true,
              .min = 1,
              .max = 100,
              .item = &kQuestionItem},
};
constexpr FieldSpec kFlagItem{.name = "", .type = FieldType::kBoolean};
constexpr std::array kCheckAnswerFields = {List("results", &kFlagItem, 100), Flag("allowed")};
constexpr std::array kRequirementFields = {Text("permission", 2000), Text("role", 2000)};

constexpr std::array kTokenFormFields = {
    FieldSpec{.name = "token", .required = true, .min = 1, .max = 16384},
    FieldSpec{.name = "token_type_hint", .max = 64},
};
constexpr std::array kIntrospectionFields = {
    Flag("active"),
    Text("scope", 4096),
    Text("username"),
    Text("token_type"),
    Number("exp"),
    Number("iat"),
    Number("nbf"),
    Text("sub"),
    Text("aud"),
    Text("iss"),
    Text("jti"),
    Text("sid"),
    Uid("tenant_id"),
    Text("email", 254),
    Nullable("role"),
    List("roles", &kTextItem),
    List("permissions", &kTextItem),
    List("amr", &kTextItem),
    Number("auth_time"),
};

constexpr std::array kNewCredentialFields = {
    FieldSpec{.name = "name", .required = true, .min = 1, .max = 100},
};
constexpr std::array kCredentialFields = {
    Uid("id"), Text("name", 100), Text("client_id"), Time("created_at"), Uid("created_by", true),
};
constexpr Schema kCredential{"ServiceCredential", kCredentialFields};
constexpr FieldSpec kCredentialItem = Item(&kCredential);
constexpr auto kCredentialListFields = PageOf(&kCredentialItem);
constexpr std::array kNewCredentialAnswerFields = {
    Uid("id"),          Text("name", 100),       Text("client_id"), Text("client_secret"),
    Time("created_at"), Uid("created_by", true),
};

// By kind: OKP has crv and x, EC also y, RSA has n and e.
constexpr std::array kJwkFields = {
    Text("kid", 32), Text("alg", 8), Text("use", 8), Text("kty", 8),  Text("crv", 16),
    Text("x", 64),   Text("y", 64),  Text("e", 64),  Text("n", 2048),
};
constexpr Schema kJwkSchema{"Jwk", kJwkFields};
constexpr FieldSpec kJwkItem = Item(&kJwkSchema);
constexpr std::array kJwkSetFields = {List("keys", &kJwkItem)};

}  // namespace

const Schema kCheck{"CheckRequest", kCheckFields};
const Schema kTokenForm{"TokenForm", kTokenFormFields, http::Media::kForm};
const Schema kNewCredential{"NewServiceCredential", kNewCredentialFields};

const Schema kRequirement{"Requirement", kRequirementFields};

const Schema kCheckAnswer{"CheckAnswer", kCheckAnswerFields};
const Schema kIntrospection{"Introspection", kIntrospectionFields};
const Schema kCredentialList{"ServiceCredentialList", kCredentialListFields};
const Schema kNewCredentialAnswer{"NewServiceCredentialAnswer", kNewCredentialAnswerFields};
const Schema kJwkSet{"JwkSet", kJwkSetFields};

}  // namespace gatehouse::api::schema
