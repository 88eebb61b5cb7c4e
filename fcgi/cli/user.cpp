#include <CLI/CLI.hpp>
#include <memory>

#include "fcgi/cli/command.h"
#include "fcgi/cli/password.h"
#include "handlers/auth/audit.h"
#include "handlers/auth/generated_password.h"
#include "handlers/auth/password_policy.h"
#include "handlers/auth/second_factor.h"
#include "handlers/auth/user_admin.h"
#include "sql/store/roles.h"
#include "sql/store/tenants.h"

namespace gatehouse::cli {
namespace {

constexpr int kListPage = 500;

struct Options {
  std::string tenant, email, first_name, last_name;
  bool tenant_admin = false, platform_admin = false, password_stdin = false, if_missing = false;
  bool json = false;
};

Result<std::optional<std::string>> CleanName(const std::string& name) {
  if (name.empty()) return std::optional<std::string>();
  GH_ASSIGN(std::string clean, CleanText("a name", name, 100));
  return std::optional(std::move(clean));
}

Result<store::User> DraftUser(Session& session, const auth::TenantContext& tenant,
                              const Options& options, const std::string& password) {
  auto& services = session.services();
  store::User user;
  GH_ASSIGN(user.email, CleanEmail(options.email));
  GH_ASSIGN(user.first_name, CleanName(options.first_name));
  GH_ASSIGN(user.last_name, CleanName(options.last_name));
  GH_TRY(auth::CheckPassword(password,
                             {user.email,
                              tenant.row.name,
                              tenant.row.slug,
                              {options.first_name, options.last_name},
                              tenant.settings.password_min_length,
                              services.hash_policy.algorithm},
                             "password"));
  GH_ASSIGN(user.password_hash, HashPassword(password, services.hash_policy, services.entropy));
  user.id = UserId::New(session.now(), services.entropy);
  user.tenant_id = tenant.row.id;
  user.status = store::UserStatus::kActive;
  // A password that we made is for one sign-in (SPEC P5).
  user.must_change_password = !options.password_stdin;
  user.is_tenant_admin = options.tenant_admin;
  user.created_at = user.updated_at = session.now();
  user.email_verified_at = user.created_at;
  return user;
}

Status Insert(Session& session, db::Executor& ex, const store::User& user, bool platform_admin) {
  auto& services = session.services();
  GH_TRY(auth::CheckUserLimit(ex, user.tenant_id));
  GH_TRY(store::InsertUser(ex, user));
  json::Writer after;
  after.BeginObject().Member("email", user.email).Member("is_tenant_admin", user.is_tenant_admin);
  GH_TRY(auth::Audit(services, ex, session.caller(),
                     {auth::event::kUserCreated, user.tenant_id, std::nullopt, "user",
                      user.id.ToString(), std::nullopt, after.EndObject().Take()}));
  if (!platform_admin) return {};
  GH_TRY(
      store::AssignRole(ex, user.id, store::kPlatformAdministrator, session.now(), std::nullopt));
  json::Writer role;
  role.BeginObject().Member("role_id", store::kPlatformAdministrator.ToString()).EndObject();
  return auth::Audit(services, ex, session.caller(),
                     {auth::event::kRoleAssigned, user.tenant_id, std::nullopt, "user",
                      user.id.ToString(), std::nullopt, role.Take()});
}

Status Create(const Invocation& invocation, const Options& options) {
  GH_ASSIGN(const auto session, Session::Open(invocation));
  GH_ASSIGN(const auto tenant, session->Tenant(options.tenant));
  if (options.if_missing) {
    // Nobody is added where the tenant is full, but nobody has to be.
    GH_ASSIGN(const std::string email, CleanEmail(options.email));
    GH_ASSIGN(const auto found, store::FindUserByEmail(*session->Auto(), tenant.row.id, email));
    if (found) {
      Say("user " + email + " in tenant " + tenant.row.slug + " exists");
      return {};
    }
  }
  std::string password;
  if (options.password_stdin) {
    GH_ASSIGN(password, ReadPassword());
  } else {
    password =
        auth::GeneratePassword(session->services().entropy, tenant.settings.password_min_length);
  }
  const Secret held(std::move(password));
  const std::string text(held.Reveal());
  GH_ASSIGN(const auto user, DraftUser(*session, tenant, options, text));
  const auto made = session->Change([&](db::Executor& ex) -> Status {
    return Insert(*session, ex, user, options.platform_admin);
  });
  if (!made.ok() && db::IsDuplicate(made.error(), "users_email")) {
    const std::string who = user.email + " in tenant " + tenant.row.slug;
    if (!options.if_missing) {
      return MakeError(ErrorCode::kAlreadyExists, "there is a user " + who + " already");
    }
    Say("user " + who + " exists");
    return {};
  }
  GH_TRY(made);
  Say("user " + user.email + " created: " + user.id.ToString());
  if (!options.password_stdin) Say("password, shown this once: " + text);
  return {};
}

Status List(const Invocation& invocation, const Options& options) {
  GH_ASSIGN(const auto session, Session::Open(invocation));
  GH_ASSIGN(const auto tenant, session->Tenant(options.tenant));
  Listing listing({"email", "status", "name", "is_tenant_admin", "roles", "last_login_at", "id"});
  std::string after;
  while (true) {
    GH_ASSIGN(const auto users,
              store::ListUsers(*session->Auto(), tenant.row.id, after, kListPage));
    for (const auto& user : users) {
      GH_ASSIGN(const auto grants, store::GrantsOf(*session->Auto(), tenant.row.id, user.id));
      json::Array roles;
      for (const auto& role : grants.roles) roles.emplace_back(role.name);
      listing.Add({user.email, std::string(store::ToString(user.status)), user.DisplayName(),
                   user.is_tenant_admin, std::move(roles),
                   user.last_login_at ? json::Value(ToRfc3339(*user.last_login_at)) : json::Value(),
                   user.id.ToString()});
    }
    if (users.size() < kListPage) break;
    after = users.back().email;
  }
  listing.Print(options.json);
  return {};
}

Status Unlock(const Invocation& invocation, const Options& options) {
  GH_ASSIGN(const auto session, Session::Open(invocation));
  GH_ASSIGN(const auto tenant, session->Tenant(options.tenant));
  GH_ASSIGN(const auto user, session->FindUser(tenant, options.email));
  GH_TRY(
      auth::UnlockUser(session->services(), session->caller(), session->ActorIn(tenant), user.id));
  Say("user " + options.email + " is unlocked");
  return {};
}

Status ResetSecondFactor(const Invocation& invocation, const Options& options) {
  GH_ASSIGN(const auto session, Session::Open(invocation));
  GH_ASSIGN(const auto tenant, session->Tenant(options.tenant));
  GH_ASSIGN(const auto user, session->FindUser(tenant, options.email));
  GH_ASSIGN(const bool was_on, auth::ResetSecondFactor(session->services(), session->caller(),
                                                       session->ActorIn(tenant), user.id));
  Say("user " + options.email +
      (was_on ? " has no second factor any more" : " had no second factor"));
  return {};
}

Status SetEnabled(const Invocation& invocation, const Options& options, bool enabled) {
  GH_ASSIGN(const auto session, Session::Open(invocation));
  GH_ASSIGN(const auto tenant, session->Tenant(options.tenant));
  GH_ASSIGN(const auto user, session->FindUser(tenant, options.email));
  auth::UserChange change;
  change.status = enabled ? store::UserStatus::kActive : store::UserStatus::kDisabled;
  GH_TRY(auth::ChangeUser(session->services(), session->caller(), session->ActorIn(tenant), user.id,
                          change));
  Say("user " + options.email + (enabled ? " is enabled" : " is disabled"));
  return {};
}

}  // namespace

void AddUserCommands(CLI::App& app, Invocation& invocation) {
  auto* user = app.add_subcommand("user", "Users of a tenant")->require_subcommand(1);
  const auto options = std::make_shared<Options>();
  const auto add = [&](const char* name, const char* about, bool one,
                       Status (*run)(const Invocation&, const Options&)) {
    auto* command = user->add_subcommand(name, about);
    command->add_option("--tenant", options->tenant, "Tenant (slug)")->required();
    if (one)
      command->add_option("email,--email", options->email, "Address of the user")->required();
    command->callback([&invocation, options, run] {
      invocation.action = [&invocation, options, run] { return run(invocation, *options); };
    });
    return command;
  };

  auto* create = add("create", "Create a user: active, address verified", true, &Create);
  create->add_option("--first-name", options->first_name);
  create->add_option("--last-name", options->last_name);
  create->add_flag("--tenant-admin", options->tenant_admin, "Administers the tenant");
  create->add_flag("--platform-admin", options->platform_admin, "Administers everything");
  create->add_flag("--password-stdin", options->password_stdin,
                   "Read the password from standard input; else one is made and shown once");
  create->add_flag("--if-missing", options->if_missing, "Fine where the user exists already");
  auto* list = add("list", "All users of a tenant", false, &List);
  list->add_flag("--json", options->json, "For programs");
  add("unlock", "End a lock after failed sign-ins", true, &Unlock);
  add("reset-2fa", "Turn the second factor off for somebody who has lost it", true,
      &ResetSecondFactor);
  add("disable", "Refuse sign-ins and end all sessions", true,
      [](const Invocation& i, const Options& o) { return SetEnabled(i, o, false); });
  add("enable", "Undo disable", true,
      [](const Invocation& i, const Options& o) { return SetEnabled(i, o, true); });
}

}  // namespace gatehouse::cli
