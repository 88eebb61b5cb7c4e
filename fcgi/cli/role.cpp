#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "fcgi/cli/command.h"
#include "handlers/auth/audit.h"
#include "handlers/auth/catalogue.h"
#include "handlers/auth/role_admin.h"
#include "handlers/auth/user_admin.h"
#include "sql/store/roles.h"

namespace gatehouse::cli {
namespace {

struct Options {
  std::string tenant, name, description, email;
  std::vector<std::string> permissions;
  bool if_missing = false, json = false;
};

Result<store::Role> DraftRole(const Options& options) {
  store::Role role;
  GH_ASSIGN(role.name, CleanText("a role's name", options.name, 64));
  // Names are joined with commas in headers and claims (API.md).
  if (role.name.find(',') != std::string::npos) {
    return MakeError(ErrorCode::kValidationFailed, "a role's name must not have a comma");
  }
  if (!options.description.empty()) {
    GH_ASSIGN(role.description, CleanText("a description", options.description, 500));
  }
  return role;
}

Status Create(const Invocation& invocation, const Options& options) {
  GH_ASSIGN(store::Role role, DraftRole(options));
  GH_ASSIGN(const auto session, Session::Open(invocation));
  auto& services = session->services();
  GH_ASSIGN(const auto tenant, session->Tenant(options.tenant));
  role.id = RoleId::New(session->now(), services.entropy);
  role.tenant_id = tenant.row.id;
  const auto made = session->Change([&](db::Executor& ex) -> Status {
    GH_TRY(auth::AddRole(ex, nullptr, role, options.permissions, session->now(), std::nullopt));
    return auth::Audit(
        services, ex, session->caller(),
        {auth::event::kRoleCreated, tenant.row.id, std::nullopt, "role", role.id.ToString(),
         std::nullopt, auth::RoleAsJson(role, auth::Folded(options.permissions))});
  });
  if (!made.ok() && auth::IsRoleOfThatName(made.error())) {
    if (!options.if_missing) {
      return MakeError(ErrorCode::kAlreadyExists, "there is a role " + role.name + " already");
    }
    Say("role " + role.name + " exists");
    return {};
  }
  GH_TRY(made);
  Say("role " + role.name + " created: " + role.id.ToString());
  return {};
}

Status List(const Invocation& invocation, const Options& options) {
  GH_ASSIGN(const auto session, Session::Open(invocation));
  GH_ASSIGN(const auto tenant, session->Tenant(options.tenant));
  GH_ASSIGN(const auto roles, store::ListRoles(*session->Auto(), tenant.row.id));
  Listing listing({"name", "system", "description", "id", "permissions"});
  for (const auto& role : roles) {
    GH_ASSIGN(const auto permissions, store::PermissionsOf(*session->Auto(), role.id));
    json::Array all;
    for (const auto& permission : permissions) all.emplace_back(permission);
    listing.Add({role.name, !role.tenant_id,
                 role.description ? json::Value(*role.description) : json::Value(),
                 role.id.ToString(), std::move(all)});
  }
  listing.Print(options.json);
  return {};
}

Status Assign(const Invocation& invocation, const Options& options) {
  GH_ASSIGN(const auto session, Session::Open(invocation));
  GH_ASSIGN(const auto tenant, session->Tenant(options.tenant));
  GH_ASSIGN(const auto user, session->FindUser(tenant, options.email));
  GH_ASSIGN(const auto role, store::FindRoleByName(*session->Auto(), tenant.row.id, options.name));
  if (!role) return MakeError(ErrorCode::kNotFound, "there is no role " + options.name);
  GH_TRY(auth::AddUserRole(session->services(), session->caller(), session->ActorIn(tenant),
                           user.id, role->id));
  Say("user " + options.email + " has role " + options.name);
  return {};
}

}  // namespace

void AddRoleCommands(CLI::App& app, Invocation& invocation) {
  auto* role = app.add_subcommand("role", "Roles of a tenant")->require_subcommand(1);
  const auto options = std::make_shared<Options>();
  const auto add = [&](const char* name, const char* about,
                       Status (*run)(const Invocation&, const Options&)) {
    auto* command = role->add_subcommand(name, about);
    command->add_option("--tenant", options->tenant, "Tenant (slug)")->required();
    command->callback([&invocation, options, run] {
      invocation.action = [&invocation, options, run] { return run(invocation, *options); };
    });
    return command;
  };
  auto* list = add("list", "The tenant's roles and the system's", &List);
  list->add_flag("--json", options->json, "For programs");
  auto* create = add("create", "Create a role", &Create);
  create->add_option("name", options->name, "Name of the role")->required();
  create->add_option("--permission", options->permissions, "module:resource:action; repeatable");
  create->add_option("--description", options->description);
  create->add_flag("--if-missing", options->if_missing, "Fine where it exists already");
  auto* assign = add("assign", "Give a user a role", &Assign);
  assign->add_option("--email", options->email, "Address of the user")->required();
  assign->add_option("name", options->name, "Name of the role")->required();
}

}  // namespace gatehouse::cli
