#include "sql/store/import.h"

#include <algorithm>
#include <utility>

#include "fcgi/base/codec.h"
#include "sql/store/outcome.h"
#include "sql/store/user_words.h"

namespace gatehouse::store {
namespace {

// Each statement takes its rows as one JSON document. JSON_TABLE cuts what is too long for its
// column: one character more than the table's has, so that the table refuses it. Addresses are
// compared as the table does, which takes its collation.
#define GH_BIN " CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin"
#define GH_MUST " ERROR ON EMPTY ERROR ON ERROR"

const db::Sql kTaken{"import.taken",
                     "SELECT u.email FROM JSON_TABLE(?, '$[*]' COLUMNS (email VARCHAR(255)" GH_BIN
                     " PATH '$'" GH_MUST
                     ")) AS j STRAIGHT_JOIN users u ON u.tenant_id = ? AND u.email = j.email"};

const db::Sql kInsertUsers{
    "import.insert_users",
    "INSERT INTO users (id, tenant_id, email, email_verified_at, status, password_hash, first_name,"
    " last_name, created_at, updated_at)"
    " SELECT UNHEX(j.id), ?, j.email, ?, 'active', j.password_hash, j.first_name, j.last_name, ?, ?"
    " FROM JSON_TABLE(?, '$[*]' COLUMNS ("
    "id VARCHAR(33) PATH '$.id'" GH_MUST ", email VARCHAR(255) PATH '$.email'" GH_MUST
    ", password_hash VARCHAR(256) PATH '$.password_hash'" GH_MUST
    ", first_name VARCHAR(101) PATH '$.first_name' ERROR ON ERROR"
    ", last_name VARCHAR(101) PATH '$.last_name' ERROR ON ERROR)) AS j"};

const db::Sql kInsertWords{"import.insert_words",
                           "INSERT INTO user_words (tenant_id, word, user_id, created_at, email)"
                           " SELECT u.tenant_id, j.word, u.id, u.created_at, u.email"
                           " FROM JSON_TABLE(?, '$[*]' COLUMNS ("
                           "word VARCHAR(101) PATH '$[0]'" GH_MUST
                           ", user_id VARCHAR(33) PATH '$[1]'" GH_MUST
                           ")) AS j STRAIGHT_JOIN users u"
                           " ON u.id = UNHEX(j.user_id) AND u.tenant_id = ?"};

// From the rows themselves, as roles.assign does.
const db::Sql kInsertRoles{
    "import.insert_roles",
    "INSERT INTO user_roles (user_id, role_id, assigned_at)"
    " SELECT u.id, r.id, ? FROM JSON_TABLE(?, '$[*]' COLUMNS (n FOR ORDINALITY"
    ", user_id VARCHAR(33) PATH '$[0]'" GH_MUST ", role_id VARCHAR(33) PATH '$[1]'" GH_MUST
    ")) AS j"
    " STRAIGHT_JOIN users u ON u.id = UNHEX(j.user_id) AND u.tenant_id = ?"
    " STRAIGHT_JOIN roles r ON r.id = UNHEX(j.role_id)"
    "  AND (r.tenant_id = u.tenant_id OR r.tenant_id IS NULL AND NOT EXISTS"
    "   (SELECT 1 FROM role_permissions p"
    "     WHERE p.role_id = r.id AND p.permission = 'ALL_PERMISSIONS'))"
    " ORDER BY j.n"};

const db::Sql kInsertAudit{
    "import.insert_audit",
    "INSERT INTO audit_events (id, event, tenant_id, target_type, target_id, ip, request_id,"
    " created_at, after_json)"
    " SELECT UNHEX(j.id), 'user.created', ?, 'user', j.target_id, ?, ?, ?, j.after_json"
    " FROM JSON_TABLE(?, '$[*]' COLUMNS ("
    "id VARCHAR(33) PATH '$.id'" GH_MUST ", target_id VARCHAR(65) PATH '$.target_id'" GH_MUST
    ", after_json LONGTEXT PATH '$.after'" GH_MUST ")) AS j"};

#undef GH_BIN
#undef GH_MUST

// All of them, or none is right: the transaction must not go on.
Status Exactly(const db::Sql& sql, std::size_t due, Result<std::uint64_t> inserted) {
  if (!inserted.ok()) return std::move(inserted).error();
  if (*inserted == due) return {};
  return MakeError(ErrorCode::kNotFound, std::string(sql.name) + ": " + std::to_string(*inserted) +
                                             " rows of " + std::to_string(due));
}

// Accumulates the elements of a JSON array: `[a, b]` of two strings, or whatever is appended.
class Rows {
 public:
  Rows() : json_("[") {}
  std::string& Row() {
    if (count_++ > 0) json_ += ',';
    return json_;
  }
  void Pair(std::string_view a, std::string_view b) {
    Row() += '[';
    AppendJsonString(json_, a);
    json_ += ',';
    AppendJsonString(json_, b);
    json_ += ']';
  }
  std::size_t count() const { return count_; }
  const std::string& Close() { return json_ += ']'; }

 private:
  std::string json_;
  std::size_t count_ = 0;
};

void Member(std::string& out, std::string_view begin, std::string_view value) {
  out += begin;
  AppendJsonString(out, value);
}

Status InsertUsers(db::Executor& ex, TenantId tenant, std::span<const ImportedUser> users,
                   TimePoint now) {
  Rows rows;
  for (const auto& user : users) {
    std::string& row = rows.Row();
    Member(row, R"({"id":)", HexEncode(user.id.view()));
    Member(row, R"(,"email":)", user.email);
    Member(row, R"(,"password_hash":)", user.password_hash);
    if (user.first_name) Member(row, R"(,"first_name":)", *user.first_name);
    if (user.last_name) Member(row, R"(,"last_name":)", *user.last_name);
    row += '}';
  }
  return Exactly(kInsertUsers, users.size(),
                 ex.Execute(kInsertUsers, {tenant, now, now, now, rows.Close()}));
}

Status InsertWords(db::Executor& ex, TenantId tenant, std::span<const ImportedUser> users) {
  std::vector<std::pair<std::string, std::string>> words;
  for (const auto& imported : users) {
    User user;
    user.email = imported.email;
    user.first_name = imported.first_name;
    user.last_name = imported.last_name;
    for (const auto& word : WordsOf(user)) {
      words.emplace_back(word, HexEncode(imported.id.view()));
    }
  }
  // In the order of the index: neighbours share their pages.
  std::sort(words.begin(), words.end());
  Rows rows;
  for (const auto& [word, user] : words) rows.Pair(word, user);
  if (rows.count() == 0) return {};
  return Exactly(kInsertWords, rows.count(), ex.Execute(kInsertWords, {rows.Close(), tenant}));
}

Status InsertRoles(db::Executor& ex, TenantId tenant, std::span<const ImportedUser> users,
                   TimePoint now) {
  Rows rows;
  for (const auto& user : users) {
    const std::string id = HexEncode(user.id.view());
    for (const RoleId& role : user.roles) rows.Pair(id, HexEncode(role.view()));
  }
  if (rows.count() == 0) return {};
  return Exactly(kInsertRoles, rows.count(), ex.Execute(kInsertRoles, {now, rows.Close(), tenant}));
}

Status InsertAudit(db::Executor& ex, TenantId tenant, std::span<const ImportedUser> users,
                   const ImportCause& cause) {
  Rows rows;
  for (const auto& user : users) {
    std::string& row = rows.Row();
    Member(row, R"({"id":)", HexEncode(user.event_id.view()));
    Member(row, R"(,"target_id":)", user.id.ToString());
    Member(row, R"(,"after":)", user.audit_after);
    row += '}';
  }
  return Exactly(
      kInsertAudit, users.size(),
      ex.Execute(kInsertAudit, {tenant, cause.ip, cause.request_id, cause.now, rows.Close()}));
}

}  // namespace

Result<std::set<std::string>> TakenEmails(db::Executor& ex, TenantId tenant,
                                          std::span<const std::string> emails) {
  Rows rows;
  for (const auto& email : emails) AppendJsonString(rows.Row(), email);
  GH_ASSIGN(const auto taken, ex.Query(kTaken, {rows.Close(), tenant}));
  std::set<std::string> out;
  for (const auto& row : taken) out.insert(row.Text(0));
  return out;
}

Status InsertImported(db::Executor& ex, TenantId tenant, std::span<const ImportedUser> users,
                      const ImportCause& cause) {
  if (users.empty()) return {};
  GH_TRY(InsertUsers(ex, tenant, users, cause.now));
  GH_TRY(InsertWords(ex, tenant, users));
  GH_TRY(InsertRoles(ex, tenant, users, cause.now));
  return InsertAudit(ex, tenant, users, cause);
}

}  // namespace gatehouse::store
