#include <array>

#include "handlers/api/schema_parts.h"
#include "handlers/api/schemas.h"

namespace gatehouse::api::schema {
namespace {

using http::FieldSpec;
using http::FieldType;
using http::Format;
using http::Schema;

constexpr std::array<std::string_view, 2> kTenantStates = {"active", "suspended"};
constexpr std::array<std::string_view, 3> kPresets = {"default", "maintenance", "operations"};
constexpr std::array<std::string_view, 4> kByCreationOrSlug = {"created_at", "-created_at", "slug",
                                                               "-slug"};

constexpr FieldSpec kMaxUsers{.name = "max_users",
                              .type = FieldType::kInteger,
                              .nullable = true,
                              .min = 1,
                              .max = 1000000000};
constexpr FieldSpec kTenantStatus{.name = "status", .max = 16, .one_of = kTenantStates};
constexpr std::array kNewTenantFields = {
    FieldSpec{.name = "slug", .required = true, .min = 1, .max = 63, .format = Format::kSlug},
    FieldSpec{.name = "name", .required = true, .min = 1, .max = 200, .format = Format::kName},
    FieldSpec{.name = "preset", .max = 16, .one_of = kPresets},
    Optional("plan", 64),
    Time("subscription_ends_at", true),
    kMaxUsers,
    kTenantStatus,
};
constexpr std::array kTenantChangeFields = {
    FieldSpec{.name = "slug", .min = 1, .max = 63, .format = Format::kSlug},
    FieldSpec{.name = "name", .min = 1, .max = 200, .format = Format::kName},
    Optional("plan", 64),
    Time("subscription_ends_at", true),
    kMaxUsers,
    kTenantStatus,
};
constexpr std::array kTenantFilterFields = {
    kLimit,
    kCursor,
    SortBy(kByCreationOrSlug),
    FieldSpec{.name = "q", .min = 1, .max = 100, .description = "Part of the slug or of the name"},
};

constexpr std::array kTenantFields = {
    Uid("id"),
    Text("slug", 63),
    Text("name", 200),
    FieldSpec{.name = "status", .max = 16, .one_of = kTenantStates},
    Nullable("plan", 64),
    Time("subscription_ends_at", true),
    kMaxUsers,
    Time("created_at"),
    Uid("created_by", true),
    Time("updated_at"),
    Uid("updated_by", true),
};
constexpr FieldSpec kTenantItem = Item(&kTenantAnswer);
constexpr auto kTenantListFields = PageOf(&kTenantItem);

constexpr std::array kTenantReferenceFields = {Uid("id"), Text("slug", 63), Text("name", 200)};
constexpr Schema kTenantReference{"TenantReference", kTenantReferenceFields};
constexpr std::array kInfoFields = {Nested("tenant", &kTenantReference), Text("text", 4000),
                                    Flag("roles_assigned")};

}  // namespace

const Schema kNewTenant{"NewTenant", kNewTenantFields};
const Schema kTenantChange{"TenantChange", kTenantChangeFields};

const Schema kTenantFilter{"TenantFilter", kTenantFilterFields};

const Schema kTenantAnswer{"Tenant", kTenantFields};
const Schema kTenantList{"TenantList", kTenantListFields};
const Schema kInfoAnswer{"InfoAnswer", kInfoFields};

}  // namespace gatehouse::api::schema
