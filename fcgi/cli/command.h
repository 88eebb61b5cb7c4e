// What the commands of `gatehouse` share: how they are chosen, what they work with, how they speak.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fcgi/lib/json.h"
#include "handlers/auth/principal.h"
#include "handlers/auth/services.h"
#include "handlers/auth/tenant.h"
#include "handlers/runtime.h"
#include "sql/store/users.h"

namespace CLI {
class App;
}

namespace gatehouse::cli {

// The command that the arguments chose. Commands set `action` when they are parsed; main runs it.
struct Invocation {
  std::string config_path;
  std::function<Status()> action;
};

// Each adds its commands. What they capture lives as long as `app` and `invocation`.
void AddImportCommands(CLI::App& app, Invocation& invocation);
void AddKeyCommands(CLI::App& app, Invocation& invocation);
void AddOperationCommands(CLI::App& app, Invocation& invocation);
void AddRoleCommands(CLI::App& app, Invocation& invocation);
void AddSessionCommands(CLI::App& app, Invocation& invocation);
void AddTenantCommands(CLI::App& app, Invocation& invocation);
void AddUserCommands(CLI::App& app, Invocation& invocation);

// Everything a command on tenant data needs. Its changes are audited with no actor and the address
// "cli".
class Session {
 public:
  static Result<std::unique_ptr<Session>> Open(const Invocation& invocation);

  auth::Services& services() { return runtime_->services(); }
  const auth::Caller& caller() const { return caller_; }
  TimePoint now() { return services().clock.Now(); }
  std::unique_ptr<db::Executor> Auto() { return services().db.Auto(caller_.deadline); }

  // One transaction.
  Status Change(const std::function<Status(db::Executor&)>& body) {
    return services().db.Transact<void>(caller_.deadline, body);
  }

  // kNotFound with a text for people.
  Result<auth::TenantContext> Tenant(const std::string& slug);
  Result<store::User> FindUser(const auth::TenantContext& tenant, const std::string& email);

  // The operator in a tenant: a platform administrator without an account.
  auth::Actor ActorIn(const auth::TenantContext& tenant) const {
    return {operator_, tenant.row.id};
  }

 private:
  Session(std::unique_ptr<Runtime> runtime, auth::Caller caller)
      : runtime_(std::move(runtime)), caller_(std::move(caller)) {
    operator_.platform_admin = true;
  }
  std::unique_ptr<Runtime> runtime_;
  auth::Caller caller_;
  auth::Principal operator_;
};

// A list as a table for people, or as a JSON array for programs.
class Listing {
 public:
  explicit Listing(std::vector<std::string> columns) : columns_(std::move(columns)) {}
  // One value a column; arrays are joined with ", " in the table.
  void Add(std::vector<json::Value> row) { rows_.push_back(std::move(row)); }
  void Print(bool as_json) const;

 private:
  std::vector<std::string> columns_;
  std::vector<std::vector<json::Value>> rows_;
};

// One line on standard output.
void Say(const std::string& line);
// An error for the person at the terminal, one line.
std::string Describe(const Error& error);

// `text` in NFC, refused where it is blank, has a control character or over `max` code points.
Result<std::string> CleanText(std::string_view what, std::string_view text, std::size_t max);
// The canonical form of an address (handlers/auth/identifier.h), refused where it is none.
Result<std::string> CleanEmail(std::string_view email);

}  // namespace gatehouse::cli
