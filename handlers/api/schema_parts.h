// What the schemas are put together from (handlers/api/schemas*.cpp): how a field is said, the
// fields and the objects that more than one area has. All are constants of the program's whole
// life, so schemas point to them.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "fcgi/http/schema.h"

namespace gatehouse::api::schema {

constexpr http::FieldSpec Text(std::string_view name, std::int64_t max = 255) {
  return {.name = name, .max = max};
}
constexpr http::FieldSpec Nullable(std::string_view name, std::int64_t max = 255) {
  return {.name = name, .nullable = true, .max = max};
}
constexpr http::FieldSpec Flag(std::string_view name) {
  return {.name = name, .type = http::FieldType::kBoolean};
}
constexpr http::FieldSpec Number(std::string_view name) {
  return {.name = name, .type = http::FieldType::kInteger, .max = INT64_MAX};
}
constexpr http::FieldSpec Time(std::string_view name, bool nullable = false) {
  return {.name = name, .nullable = nullable, .max = 40, .format = http::Format::kDateTime};
}
constexpr http::FieldSpec Uid(std::string_view name, bool nullable = false) {
  return {.name = name, .nullable = nullable, .min = 36, .max = 36, .format = http::Format::kUuid};
}
constexpr http::FieldSpec List(std::string_view name, const http::FieldSpec* item,
                               std::int64_t max = 10000) {
  return {.name = name, .type = http::FieldType::kArray, .max = max, .item = item};
}
constexpr http::FieldSpec Nested(std::string_view name, const http::Schema* object) {
  return {.name = name, .type = http::FieldType::kObject, .object = object};
}
// What PATCH may clear.
constexpr http::FieldSpec Optional(std::string_view name, std::int64_t max,
                                   http::Format format = http::Format::kAny, std::int64_t min = 1) {
  return {.name = name, .nullable = true, .min = min, .max = max, .format = format};
}
// Wider than the policy, so that the policy and not the schema speaks of length.
constexpr http::FieldSpec NewPassword(std::string_view name) {
  return {.name = name, .required = true, .min = 1, .max = 1024, .format = http::Format::kPassword};
}
// An array's item that is an object; the array's own field has the name.
constexpr http::FieldSpec Item(const http::Schema* object) { return Nested("", object); }
// A page of a list (API.md "Conventions").
constexpr std::array<http::FieldSpec, 2> PageOf(const http::FieldSpec* item) {
  return {List("items", item), Nullable("next_cursor")};
}
constexpr http::FieldSpec SortBy(std::span<const std::string_view> fields) {
  return {.name = "sort", .max = 32, .one_of = fields};
}

inline constexpr http::FieldSpec kTenantField{.name = "tenant",
                                              .max = 63,
                                              .format = http::Format::kSlug,
                                              .description = "Slug of the tenant"};
inline constexpr http::FieldSpec kEmailField{
    .name = "email", .required = true, .min = 3, .max = 254, .format = http::Format::kEmail};
inline constexpr http::FieldSpec kPhoneField = Optional("phone", 16, http::Format::kPhone, 8);
// Not required: who came by OAuth has none. The rule asks those for it who do.
inline constexpr http::FieldSpec kOwnPassword{
    .name = "password", .max = 1024, .format = http::Format::kPassword};
// An array's item that is a text.
inline constexpr http::FieldSpec kTextItem{.name = "", .max = 200};

inline constexpr std::array<std::string_view, 2> kByCreation = {"created_at", "-created_at"};
inline constexpr http::FieldSpec kLimit{
    .name = "limit", .type = http::FieldType::kInteger, .min = 1, .max = 200};
inline constexpr http::FieldSpec kCursor{.name = "cursor", .min = 1, .max = 600};
inline constexpr http::FieldSpec kSort{.name = "sort", .max = 32, .one_of = kByCreation};

// Objects of several areas, each defined in its own; kUserAnswer of schemas.h is one too.
extern const http::Schema kSession;               // schemas_session.cpp
extern const http::Schema kIdentity;              // schemas_oauth.cpp
extern const http::Schema kSignInTenant;          // schemas_oauth.cpp
extern const http::Schema kAttempt, kAuditEvent;  // schemas_records.cpp
inline constexpr http::FieldSpec kSessionItem = Item(&kSession);
inline constexpr http::FieldSpec kIdentityItem = Item(&kIdentity);
inline constexpr http::FieldSpec kAttemptItem = Item(&kAttempt);
inline constexpr http::FieldSpec kAuditItem = Item(&kAuditEvent);

}  // namespace gatehouse::api::schema
