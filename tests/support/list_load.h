// What the lists of administration are measured with (bench/lists, tests/sql/list_plans_test.cpp):
// rows in the shape of a large installation, every list with its filters and orders, and an
// executor that has the server explain each statement that it runs.
#pragma once

#include <cctype>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sql/db/database.h"
#include "sql/store/attempts.h"
#include "sql/store/audit.h"
#include "sql/store/outbox_list.h"
#include "sql/store/user_list.h"
#include "sql/store/user_words.h"

namespace gatehouse::support {

struct ListLoad {
  int users = 10'000;
  int attempts = 10'000;
  int events = 10'000;
};

// Ten tenants: the first has nine users of ten, and the platform's administrators. A year of
// sign-ins and events, evenly. Words, roles and kinds of events are as often as 1/2, 1/4, 1/8, …
// of the rows, so that whichever way a list is looked for, some filter is the dearest there; and
// independently of each other (hence MD5: CRC32 is linear).
inline std::string FillScript(const ListLoad& load) {
  std::string script = R"sql(
SET unique_checks = 0, foreign_key_checks = 0;
CREATE TABLE bench_people (
  n INT NOT NULL PRIMARY KEY, h INT UNSIGNED NOT NULL, id BINARY(16) NOT NULL,
  t INT NOT NULL, tenant_id BINARY(16) NOT NULL, first VARCHAR(32) NOT NULL,
  last VARCHAR(32) NOT NULL, corp VARCHAR(16) NOT NULL, s INT UNSIGNED NOT NULL,
  at DATETIME(6) NOT NULL,
  email VARCHAR(100) NOT NULL, identifier_key BINARY(32) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
INSERT INTO tenants (id, slug, name, settings, created_at, updated_at)
SELECT UNHEX(CONCAT('0190000000007000800000000000', LPAD(HEX(seq), 4, '0'))),
  CONCAT('bench', seq), 'Bench', '{}', '2024-01-01', '2024-01-01' FROM seq_0_to_9;
INSERT INTO bench_people
SELECT n, h, UNHEX(CONCAT(LPAD(HEX(1704067200000 + n * @step), 12, '0'), '7',
    LPAD(HEX(n % 4096), 3, '0'), '8', SUBSTR(MD5(n), 1, 15))),
  t, UNHEX(CONCAT('0190000000007000800000000000', LPAD(HEX(t), 4, '0'))), first, CONCAT(last, n),
  corp, s, '2024-01-01' + INTERVAL n * @step * 1000 MICROSECOND,
  CONCAT(first, '.', last, n, '@', corp, '.example'), UNHEX(SHA2(n, 256))
FROM (SELECT seq n, h, g DIV 65536 % 100 s, IF(seq % 10, 0, 1 + seq DIV 10 % 9) t,
    CONCAT(CHAR(112 - FLOOR(LOG2(1 + (g & 65535))) USING utf8mb4), 'corp') corp,
    CONCAT(ELT(1 + h % 7, 'ann', 'bob', 'cy', 'dan', 'eve', 'fay', 'gus'),
      ELT(1 + h DIV 7 % 11, '', 'a', 'el', 'ine', 'o', 'us', 'ra', 'ko', 'mi', 'ty', 'wa')) first,
    CONCAT(ELT(1 + h DIV 77 % 13, 'ka', 'lo', 'mu', 'ne', 'pi', 'qua', 'ri', 'so', 'tu', 'vo', 'wi',
      'xe', 'za'), ELT(1 + h DIV 1001 % 17, 'ba', 'ce', 'di', 'fo', 'gu', 'ha', 'je', 'ki', 'lo',
      'mu', 'na', 'pe', 'ri', 'so', 'tu', 'we', 'yi')) last
  FROM (SELECT seq, CRC32(MD5(CONCAT('h', seq))) h, CRC32(MD5(CONCAT('g', seq))) g
    FROM seq_1_to_@users) AS hashed) AS drawn;
INSERT INTO users (id, tenant_id, email, email_verified_at, status, password_hash, first_name,
  last_name, phone, employee_id, branch_id, restaurant_id, created_at, updated_at)
SELECT id, tenant_id, email, at,
  CASE WHEN s < 94 THEN 'active' WHEN s < 98 THEN 'pending' ELSE 'disabled' END,
  '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGg',
  CONCAT(UPPER(LEFT(first, 1)), SUBSTR(first, 2)), last, '+254700000000',
  CONCAT('EMP-', LPAD(n, 7, '0')), CONCAT('b', h DIV 3 % 50), CONCAT('r', h DIV 5 % 1000), at, at
FROM bench_people;
INSERT INTO user_words (tenant_id, word, user_id, created_at, email)
SELECT tenant_id, ELT(seq, first, last, corp, 'example', 'emp', LPAD(n, 7, '0')), id, at, email
FROM bench_people JOIN seq_1_to_6;
INSERT INTO roles (id, tenant_id, name, created_at, updated_at)
SELECT UNHEX(CONCAT('019000000001700080000000', LPAD(HEX(t.seq), 4, '0'),
    LPAD(HEX(r.seq), 4, '0'))),
  UNHEX(CONCAT('0190000000007000800000000000', LPAD(HEX(t.seq), 4, '0'))), CONCAT('role ', r.seq),
  '2024-01-01', '2024-01-01' FROM seq_0_to_9 t JOIN seq_0_to_16 r;
INSERT INTO role_permissions (role_id, permission)
SELECT r.id, CONCAT('bench:thing', seq, ':view') FROM roles r JOIN seq_1_to_20
WHERE r.tenant_id IS NOT NULL;
INSERT INTO user_roles (user_id, role_id, assigned_at)
SELECT id, UNHEX(CONCAT('019000000001700080000000', LPAD(HEX(t), 4, '0'),
    LPAD(HEX(IF(seq = 1, 16, 15 - FLOOR(LOG2(1 + (CRC32(MD5(CONCAT('r', n))) & 65535))))), 4,
      '0'))), at
FROM bench_people JOIN seq_1_to_2;
INSERT INTO attempts (id, tenant_id, user_id, identifier, identifier_key, ip, user_agent, device,
  created_at, success, reason, counted)
SELECT UNHEX(CONCAT(LPAD(HEX(1704067200000 + a.n * @pace DIV 1000), 12, '0'), '7',
    LPAD(HEX(a.n % 4096), 3, '0'), '9', SUBSTR(MD5(a.n), 1, 15))),
  p.tenant_id, p.id, p.email, p.identifier_key,
  IF(a.attack, '203.0.113.9',
     CONCAT('10.', p.h & 127, '.', p.h DIV 128 & 255, '.', p.h DIV 32768 & 255)),
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0', NULL,
  '2024-01-01' + INTERVAL a.n * @pace MICROSECOND, a.success,
  IF(a.success, 'ok', 'invalid_credentials'), 0
FROM (SELECT seq n, h % 100 < 5 OR h DIV 100 % 100 < 5 attack,
    IF(h % 100 < 5, 1, 1 + CRC32(MD5(CONCAT('a', seq))) % @users) person,
    IF(h % 100 < 5 OR h DIV 100 % 100 < 5, h DIV 10000 % 10000 = 0, h DIV 10000 % 100 < 90) success
  FROM (SELECT seq, CRC32(MD5(CONCAT('h', seq))) h FROM seq_1_to_@attempts) AS hashed) a
STRAIGHT_JOIN bench_people p ON p.n = a.person;
INSERT INTO audit_events (id, event, tenant_id, actor_id, actor_tenant_id, target_type, target_id,
  ip, request_id, created_at, before_json, after_json)
SELECT UNHEX(CONCAT(LPAD(HEX(1704067200000 + a.n * @beat DIV 1000), 12, '0'), '7',
    LPAD(HEX(a.n % 4096), 3, '0'), 'a', SUBSTR(MD5(a.n), 1, 15))),
  CONCAT('bench.event', 15 - FLOOR(LOG2(1 + (CRC32(MD5(CONCAT('e', a.n))) & 65535)))),
  IF(a.abroad AND p.t = 0, NULL, p.tenant_id), q.id,
  IF(a.abroad, UNHEX('01900000000070008000000000000000'), NULL), 'user',
  LOWER(CONCAT_WS('-', SUBSTR(HEX(p.id), 1, 8), SUBSTR(HEX(p.id), 9, 4), SUBSTR(HEX(p.id), 13, 4),
    SUBSTR(HEX(p.id), 17, 4), SUBSTR(HEX(p.id), 21))),
  '192.0.2.1', MD5(a.n), '2024-01-01' + INTERVAL a.n * @beat MICROSECOND,
  '{"status":"active"}', '{"status":"disabled","branch_id":"b1"}'
FROM (SELECT seq n, 1 + h % @users target, 1 + h DIV 65536 % 200 actor, h DIV 7 % 50 = 0 abroad
  FROM (SELECT seq, CRC32(MD5(CONCAT('t', seq))) h FROM seq_1_to_@events) AS hashed) a
STRAIGHT_JOIN bench_people p ON p.n = a.target
STRAIGHT_JOIN bench_people q ON q.n = LEAST(a.actor, @users);
INSERT INTO outbox (id, tenant_id, kind, recipient, recipient_key, message, status, tries,
  next_try_at, created_at)
SELECT a.id, a.tenant_id, CONCAT('kind', 15 - FLOOR(LOG2(1 + (CRC32(MD5(a.id)) & 65535)))), p.email,
  p.identifier_key, NULL, IFNULL(ELT(1 + CRC32(a.id) % 64, 'failed', 'queued', 'void'), 'sent'), 1,
  a.created_at, a.created_at
FROM audit_events a STRAIGHT_JOIN bench_people p ON p.id = a.actor_id;
DROP TABLE bench_people;
ANALYZE TABLE tenants, users, user_words, roles, role_permissions, user_roles, attempts,
  audit_events, outbox;
SET unique_checks = 1, foreign_key_checks = 1)sql";
  constexpr std::int64_t kYear = 365LL * 86'400 * 1'000'000;  // microseconds
  const std::pair<std::string, std::int64_t> values[] = {
      {"@users", load.users},           {"@attempts", load.attempts},
      {"@events", load.events},         {"@step", kYear / 1000 / load.users},
      {"@pace", kYear / load.attempts}, {"@beat", kYear / load.events},
  };
  for (const auto& [name, value] : values) {
    for (auto at = script.find(name); at != std::string::npos; at = script.find(name, at)) {
      script.replace(at, name.size(), std::to_string(value));
    }
  }
  return script;
}

// One list, as one filter and order ask for it: its first page, or one from the middle.
struct ListCase {
  std::string name;
  std::function<Result<std::size_t>(db::Executor& ex, bool deep)> run;
};

class ListCases {
 public:
  // Of a filled database: asks it who its people are.
  static std::vector<ListCase> Make(db::Executor& ex) {
    ListCases made;
    made.Users();
    const auto people = store::ListUsers(ex, kTenant, {}, {store::UserOrder::By::kCreation, true},
                                         std::nullopt, kPage);
    if (!people.ok() || people->size() < 10) return {};
    // The first of all is whom the attacks are on.
    made.Attempts((*people)[0], (*people)[7]);
    made.Audit((*people)[3]);
    made.Outbox((*people)[3]);
    made.all_.push_back({"grants of a page", [page = *people](db::Executor& e, bool) {
                           return Count(store::GrantsOfMany(e, kTenant, page));
                         }});
    return std::move(made.all_);
  }

 private:
  static constexpr int kPage = 51;  // fifty, and whether there are more
  static constexpr TenantId kTenant{
      Uuid{{0x01, 0x90, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 0}}};

  static RoleId Role(int number) {
    RoleId role{Uuid{{0x01, 0x90, 0, 0, 0, 0x01, 0x70, 0, 0x80}}};
    role.uuid.bytes[15] = static_cast<std::uint8_t>(number);
    return role;
  }
  static TimePoint Middle() { return *FromRfc3339("2024-07-01T00:00:00Z"); }

  template <class T>
  static Result<std::size_t> Count(const Result<std::vector<T>>& rows) {
    if (!rows.ok()) return rows.error();
    return rows->size();
  }

  void AddUsers(const std::string& what, const store::UserFilter& filter) {
    for (const auto by : {store::UserOrder::By::kCreation, store::UserOrder::By::kEmail}) {
      for (const bool ascending : {false, true}) {
        const bool by_email = by == store::UserOrder::By::kEmail;
        const std::string name =
            "users " + what + (ascending ? " +" : " -") + (by_email ? "email" : "created_at");
        all_.push_back(
            {name, [=](db::Executor& ex, bool deep) {
               std::optional<store::UserCursor> after;
               if (deep) after = store::UserCursor{Middle(), "dan", {}};
               return Count(store::ListUsers(ex, kTenant, filter, {by, ascending}, after, kPage));
             }});
      }
    }
  }

  void Users() {
    const auto q = [](const std::string& text) {
      store::UserFilter filter;
      filter.words = store::WordsOf(text);
      return filter;
    };
    const auto with = [](store::UserFilter filter, auto member, auto value) {
      filter.*member = value;
      return filter;
    };
    using F = store::UserFilter;
    using S = store::UserStatus;
    AddUsers("all", {});
    AddUsers("status=active", with(F(), &F::status, S::kActive));
    AddUsers("status=disabled", with(F(), &F::status, S::kDisabled));
    AddUsers("branch", with(F(), &F::branch_id, "b7"));
    AddUsers("restaurant", with(F(), &F::restaurant_id, "r7"));
    AddUsers("branch, status=disabled",
             with(with(F(), &F::branch_id, "b7"), &F::status, S::kDisabled));
    AddUsers("restaurant, status=disabled",
             with(with(F(), &F::restaurant_id, "r7"), &F::status, S::kDisabled));
    AddUsers("email", with(F(), &F::email, "ann@nobody.example"));
    // 1/2 of all, 1/4, …
    for (const int number : {16, 0, 2, 4, 6, 7, 8, 9, 10, 12, 15}) {
      AddUsers("role " + std::to_string(number), with(F(), &F::role_id, Role(number)));
      if (number > 15) continue;
      const std::string corp = static_cast<char>('a' + number) + std::string("corp");
      AddUsers("q=" + corp, q(corp));
    }
    AddUsers("role 4, status=disabled",
             with(with(F(), &F::role_id, Role(4)), &F::status, S::kDisabled));
    for (const char* text : {"emp", "a", "ann", "kaba", "gusko", "EMP-0000042", "nobody",
                             "ann acorp", "kaba ann", "gusko@dcorp.example emp-0"}) {
      AddUsers(std::string("q=") + text, q(text));
    }
    AddUsers("q=ann, status=disabled", with(q("ann"), &F::status, S::kDisabled));
    AddUsers("q=ann, branch", with(q("ann"), &F::branch_id, "b7"));
    AddUsers("q=ann, restaurant", with(q("ann"), &F::restaurant_id, "r7"));
    AddUsers("q=ann, role 2", with(q("ann"), &F::role_id, Role(2)));
    AddUsers("q=dcorp, role 3", with(q("dcorp"), &F::role_id, Role(3)));
  }

  void AddAttempts(const std::string& what, const store::AttemptFilter& filter) {
    for (const std::optional<bool> success :
         {std::optional<bool>(), std::optional(false), std::optional(true)}) {
      for (const bool ascending : {false, true}) {
        auto narrowed = filter;
        narrowed.success = success;
        const std::string name = "attempts " + what +
                                 (success ? *success ? ", success" : ", failure" : "") +
                                 (ascending ? " +" : " -") + "created_at";
        all_.push_back({name, [=](db::Executor& ex, bool deep) {
                          std::optional<store::AttemptCursor> after;
                          if (deep) after = store::AttemptCursor{Middle(), {}};
                          return Count(
                              store::ListAttempts(ex, kTenant, narrowed, after, ascending, kPage));
                        }});
      }
    }
  }

  void Attempts(const store::User& attacked, const store::User& other) {
    store::AttemptFilter filter;
    AddAttempts("all", filter);
    filter.from = *FromRfc3339("2024-05-01T00:00:00Z");
    filter.to = *FromRfc3339("2024-09-01T00:00:00Z");
    AddAttempts("from, to", filter);
    for (const auto* user : {&attacked, &other}) {
      const std::string who = user == &attacked ? "the attacked" : "another";
      filter = {};
      filter.user_id = user->id;
      AddAttempts("user: " + who, filter);
      filter = {};
      filter.email = user->email;
      AddAttempts("email: " + who, filter);
      filter.ip = "203.0.113.9";
      AddAttempts("ip: the attacker, email: " + who, filter);
    }
    filter = {};
    filter.email = "nobody@example.org";
    AddAttempts("email: nobody", filter);
    filter = {};
    filter.ip = "203.0.113.9";
    AddAttempts("ip: the attacker", filter);
    filter.ip = "10.7.7.7";
    AddAttempts("ip: another", filter);
  }

  void AddAudit(const std::string& what, const store::AuditFilter& filter) {
    for (const bool abroad : {false, true}) {
      for (const bool ascending : {false, true}) {
        const std::string name = "audit " + what + (abroad ? ", abroad too" : "") +
                                 (ascending ? " +" : " -") + "created_at";
        all_.push_back(
            {name, [=](db::Executor& ex, bool deep) {
               std::optional<store::AuditCursor> after;
               if (deep) after = store::AuditCursor{Middle(), {}};
               return Count(store::ListAudit(ex, kTenant, filter, abroad, after, ascending, kPage));
             }});
      }
    }
  }

  void Audit(const store::User& somebody) {
    store::AuditFilter filter;
    AddAudit("all", filter);
    filter.from = *FromRfc3339("2024-05-01T00:00:00Z");
    filter.to = *FromRfc3339("2024-09-01T00:00:00Z");
    AddAudit("from, to", filter);
    filter = {};
    filter.target_id = somebody.id.ToString();
    AddAudit("target", filter);
    filter.event = "bench.event3";
    AddAudit("target, event", filter);
    filter = {};
    filter.actor_id = somebody.id;
    AddAudit("actor", filter);
    filter.event = "bench.event12";
    AddAudit("actor, rare event", filter);
    filter = {};
    for (const char* event : {"bench.event0", "bench.event5", "bench.event14", "no.event"}) {
      filter.event = event;
      AddAudit(event, filter);
    }
  }

  void AddOutbox(const std::string& what, const store::OutboxFilter& filter) {
    for (const bool ascending : {false, true}) {
      const std::string name = "outbox " + what + (ascending ? " +" : " -") + "created_at";
      all_.push_back({name, [=](db::Executor& ex, bool deep) {
                        std::optional<store::OutboxCursor> after;
                        if (deep) after = store::OutboxCursor{Middle(), {}};
                        return Count(
                            store::ListOutbox(ex, kTenant, filter, after, ascending, kPage));
                      }});
    }
  }

  void Outbox(const store::User& somebody) {
    store::OutboxFilter filter;
    AddOutbox("all", filter);
    for (const char* kind : {"kind0", "kind5", "no kind"}) {
      filter.kind = kind;
      AddOutbox(kind, filter);
    }
    filter = {};
    for (const auto state : {store::MailState::kSent, store::MailState::kFailed}) {
      filter.state = state;
      AddOutbox("state=" + std::string(store::ToString(state)), filter);
    }
    filter = {};
    for (const auto& address : {somebody.email, std::string("nobody@example.org")}) {
      filter.recipient = address;
      AddOutbox("recipient=" + address, filter);
    }
    filter.state = store::MailState::kSent;
    filter.kind = "kind0";
    AddOutbox("recipient, state, kind", filter);
  }

  std::vector<ListCase> all_;
};

// One line of EXPLAIN.
struct PlanStep {
  std::string statement, table, type, key, rows, extra;

  // Neither a derived table (its rows were found before) nor a parameter's (a JSON array).
  bool is_stored() const { return !table.empty() && table[0] != '<' && table != "j"; }
  bool is_found_by_index() const { return !key.empty() && type != "ALL" && type != "index"; }
};

// Runs what it is given, and has the server explain it with the same parameters.
class Explainer final : public db::Executor {
 public:
  explicit Explainer(db::Executor& inner) : inner_(inner) {}

  Result<std::vector<db::Row>> Query(const db::Sql& sql, db::Params params) override {
    // An estimate: it reads nothing.
    if (std::string_view(sql.text).starts_with("EXPLAIN")) return inner_.Query(sql, params);
    GH_ASSIGN(const auto plan, inner_.Query(Explained(sql), params));
    for (const db::Row& row : plan) {
      steps.push_back({sql.name, row.Text(2), row.Text(3), row.Text(5), row.Text(8), row.Text(9)});
    }
    return inner_.Query(sql, params);
  }
  Result<std::uint64_t> Execute(const db::Sql& sql, db::Params params) override {
    return inner_.Execute(sql, params);
  }

  std::vector<PlanStep> steps;

 private:
  // Lives as long as the program, as every statement does.
  static const db::Sql& Explained(const db::Sql& sql) {
    struct Made {
      explicit Made(const db::Sql& of)
          : name(std::string("test.explain.") + of.name),
            text(std::string("EXPLAIN ") + of.text),
            sql(name.c_str(), text.c_str()) {}
      const std::string name, text;
      const db::Sql sql;
    };
    static std::map<const db::Sql*, std::unique_ptr<Made>> all;
    auto& made = all[&sql];
    if (!made) made = std::make_unique<Made>(sql);
    return made->sql;
  }

  db::Executor& inner_;
};

}  // namespace gatehouse::support
