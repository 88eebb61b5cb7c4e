// Request schemas: declared once as constants, they serve validation, OpenAPI and the hostile-input
// tests (SPEC E5, A5). Validation finds every problem, not the first; unknown members are refused;
// strings are NFC-normalized in place and brought into their format's one spelling, controls are
// refused.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fcgi/base/ids.h"
#include "fcgi/base/result.h"
#include "fcgi/http/input.h"
#include "fcgi/lib/json.h"

namespace gatehouse::http {

enum class FieldType { kString, kBoolean, kInteger, kObject, kArray };

enum class Format {
  kAny,
  kLines,     // a text that may have line breaks
  kEmail,     // one address, local@domain, at most 254 bytes; see IsEmail
  kPassword,  // like any string, but never echoed in examples or logs
  kPhone,     // E.164: "+" and 7 to 15 digits
  kUuid,
  kSlug,        // [a-z0-9][a-z0-9-]{0,62}
  kDateTime,    // RFC 3339
  kPermission,  // module:resource:action, no wildcards, optionally ":own"
  kCode,        // module:resource:action, no wildcards, no ":own": what a catalogue lists
  kGrant,       // the same with wildcards, or ALL_PERMISSIONS: what a role may hold
  kName,        // not blank: of a person or a tenant, for people to see
  kRoleName,    // the same, and no comma: nginx lists names with commas (API.md)
  kKraPin,      // a letter, nine digits, a letter (SPEC U2); lower case becomes upper case
};

struct Schema;

struct FieldSpec {
  std::string_view name;
  FieldType type = FieldType::kString;
  bool required = false;
  bool nullable = false;
  // Strings: code points; integers: value; arrays: items.
  std::int64_t min = 0;
  std::int64_t max = 255;
  Format format = Format::kAny;
  std::span<const std::string_view> one_of = {};  // strings: an enumeration
  const Schema* object = nullptr;                 // kObject
  const FieldSpec* item = nullptr;                // kArray
  std::string_view description = {};
};

// How a body is written.
enum class Media {
  kJson,
  kForm,  // application/x-www-form-urlencoded; members that the schema does not name are ignored,
          // as OAuth asks (RFC 6749 section 3.2)
  kMultipart,  // multipart/form-data with one file, the schema's one field
};

std::string_view MediaTypeName(Media media);

struct Schema {
  std::string_view name;  // its name in OpenAPI, "LoginRequest"
  std::span<const FieldSpec> fields;
  Media media = Media::kJson;
};

// A request's fields after validation. Lookups of members that the schema does not declare are a
// bug and find nothing.
class Fields {
 public:
  Fields() = default;
  explicit Fields(json::Value value) : value_(std::move(value)) {}

  bool Has(std::string_view name) const;     // present, perhaps null
  bool IsNull(std::string_view name) const;  // present and null
  // The string, or "" where absent or null.
  const std::string& Text(std::string_view name) const;
  std::optional<std::string> OptionalText(std::string_view name) const;
  bool Bool(std::string_view name, bool fallback = false) const;
  std::int64_t Int(std::string_view name, std::int64_t fallback) const;
  std::optional<std::int64_t> OptionalInt(std::string_view name) const;
  std::optional<TimePoint> OptionalTime(std::string_view name) const;
  template <class T>
  std::optional<T> OptionalId(std::string_view name) const {
    return T::Parse(Text(name));
  }
  // A nested object; empty where absent.
  Fields Object(std::string_view name) const;
  const json::Array& Items(std::string_view name) const;
  // All of them, as an object.
  const json::Value& value() const { return value_; }

 private:
  json::Value value_;
};

// The body as JSON against `schema`. Errors: kMalformedJson (syntax, also an empty body) or
// kValidationFailed with fields.
Result<Fields> ReadJson(const Schema& schema, std::string_view body);

// Query parameters or form fields against `schema`: text is converted to the declared type;
// repeated and unknown parameters are errors. kValidationFailed with pointers "?name".
Result<Fields> ReadPairs(const Schema& schema, const Pairs& pairs);

// A body of Media::kForm against `schema`: as ReadPairs, with pointers "/name".
Result<Fields> ReadForm(const Schema& schema, std::string_view body);

// One mailbox as people have them: a dot-atom or UTF-8 local part without quotes or comments, at
// most 64 bytes, "@", a domain with at least two labels of letters, digits and inner hyphens (or
// UTF-8), at most 254 bytes in all. Stricter than RFC 5321 on purpose: nothing that a mail server
// or a header could take for something else.
bool IsEmail(std::string_view s);
bool IsPermission(std::string_view s, bool allow_wildcards);

}  // namespace gatehouse::http
