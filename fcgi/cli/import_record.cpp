#include "fcgi/cli/import_record.h"

#include <algorithm>
#include <array>
#include <utility>

#include "fcgi/http/schema.h"
#include "fcgi/lib/password_hash.h"
#include "handlers/auth/identifier.h"
#include "handlers/auth/role_assignment.h"
#include "sql/store/roles.h"

namespace gatehouse::cli {
namespace {

using http::FieldSpec;
using http::FieldType;
using http::Format;

// The limits of the API (handlers/api/schemas_users.cpp).
constexpr FieldSpec kRoleName{.name = "", .min = 1, .max = 64, .format = Format::kRoleName};
constexpr std::array kFields = {
    FieldSpec{.name = "email", .required = true, .min = 3, .max = 254, .format = Format::kEmail},
    FieldSpec{.name = "password_hash",
              .required = true,
              .min = 1,
              .max = 255,
              .format = Format::kPassword},
    FieldSpec{
        .name = "first_name", .nullable = true, .min = 1, .max = 100, .format = Format::kName},
    FieldSpec{.name = "last_name", .nullable = true, .min = 1, .max = 100, .format = Format::kName},
    FieldSpec{.name = "roles", .type = FieldType::kArray, .max = 100, .item = &kRoleName},
};
constexpr http::Schema kSchema{.name = "ImportedUser", .fields = kFields};

// The bounds are those of fcgi/lib/password_hash.h.
constexpr const char* kHashDetail =
    "Must be a hash that can be verified: $2a$, $2b$ or $2y$ with a cost of 4 to 16; $argon2i$ or"
    " $argon2id$ with m up to 262144, t and p up to 16; $6$ with up to 1000000 rounds; $y$ with up"
    " to 256 MiB.";

class Problems {
 public:
  void Add(std::string pointer, const char* code, std::string detail) {
    fields_.push_back({std::move(pointer), code, std::move(detail), ""});
  }
  bool empty() const { return fields_.empty(); }
  Error TakeError() {
    Error error = MakeError(ErrorCode::kValidationFailed);
    error.fields = std::move(fields_);
    return error;
  }

 private:
  std::vector<FieldError> fields_;
};

void ReadRoles(const json::Array& names, const RoleBook& book, ImportRecord& out,
               Problems& problems) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string& name = *names[i].string();
    const std::string pointer = "/roles/" + std::to_string(i);
    const auto* role = book.Find(name);
    if (role == nullptr) {
      problems.Add(pointer, "unknown_role", "There is no role " + name + ".");
    } else if (role->everything_everywhere) {
      problems.Add(pointer, "escalation",
                   name + " gives all permissions in every tenant: not by a file.");
    } else if (std::find(out.roles.begin(), out.roles.end(), role->id) != out.roles.end()) {
      problems.Add(pointer, "not_allowed", name + " is named twice.");
    } else {
      out.role_names.push_back(name);
      out.roles.push_back(role->id);
      bytes += name.size();
    }
  }
  if (bytes > auth::kMaxRoleNameBytes) {
    problems.Add("/roles", "too_long", "The names of all roles together pass 2048 bytes.");
  }
}

}  // namespace

Result<RoleBook> RoleBook::Load(db::Executor& ex, TenantId tenant) {
  GH_ASSIGN(const auto roles, store::ListRoles(ex, tenant));
  std::map<std::string, Entry, std::less<>> book;
  for (const auto& role : roles) {
    Entry entry{role.id, false};
    if (!role.tenant_id) {
      GH_ASSIGN(const auto permissions, store::PermissionsOf(ex, role.id));
      entry.everything_everywhere =
          std::find(permissions.begin(), permissions.end(), "ALL_PERMISSIONS") != permissions.end();
    }
    if (role.tenant_id) {
      book.insert_or_assign(role.name, entry);
    } else {
      book.emplace(role.name, entry);
    }
  }
  return RoleBook(std::move(book));
}

const RoleBook::Entry* RoleBook::Find(std::string_view name) const {
  const auto found = roles_.find(name);
  return found == roles_.end() ? nullptr : &found->second;
}

Result<ImportRecord> ReadImportRecord(std::string_view text, const RoleBook& roles) {
  GH_ASSIGN(const auto fields, http::ReadJson(kSchema, text));
  ImportRecord out;
  Problems problems;
  out.email = auth::CanonicalEmail(fields.Text("email"));
  // Lower case can be longer.
  if (!http::IsEmail(out.email)) {
    problems.Add("/email", "invalid_format", "Must be an e-mail address.");
  }
  out.password_hash = fields.Text("password_hash");
  if (!IsSupportedHash(out.password_hash)) {
    problems.Add("/password_hash", "unsupported_hash", kHashDetail);
  }
  out.first_name = fields.OptionalText("first_name");
  out.last_name = fields.OptionalText("last_name");
  ReadRoles(fields.Items("roles"), roles, out, problems);
  if (!problems.empty()) return problems.TakeError();
  return out;
}

}  // namespace gatehouse::cli
