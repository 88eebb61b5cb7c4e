#include <CLI/CLI.hpp>
#include <memory>

#include "fcgi/cli/command.h"
#include "fcgi/run/config_check.h"
#include "handlers/auth/audit.h"
#include "handlers/auth/proof_cache.h"
#include "sql/store/tenants.h"

namespace gatehouse::cli {
namespace {

struct Options {
  std::string slug, name;
  std::vector<std::string> settings;
  bool if_missing = false, json = false;
};

std::string StatusJson(std::string_view status) {
  return json::Writer().BeginObject().Member("status", status).EndObject().Take();
}

Status Create(const Invocation& invocation, const Options& options) {
  if (const auto what = CheckSlug(options.slug); !what.empty()) {
    return MakeError(ErrorCode::kValidationFailed, "the slug " + what);
  }
  GH_ASSIGN(const std::string name,
            CleanText("the name", options.name.empty() ? options.slug : options.name, 200));
  GH_ASSIGN(const auto session, Session::Open(invocation));
  auto& services = session->services();
  store::Tenant tenant;
  tenant.id = TenantId::New(session->now(), services.entropy);
  tenant.slug = options.slug;
  tenant.name = name;
  tenant.settings = "{}";
  tenant.created_at = tenant.updated_at = session->now();
  const auto made = session->Change([&](db::Executor& ex) -> Status {
    GH_TRY(store::InsertTenant(ex, tenant, std::nullopt));
    json::Writer after;
    after.BeginObject().Member("slug", tenant.slug).Member("name", tenant.name).EndObject();
    return auth::Audit(services, ex, session->caller(),
                       {auth::event::kTenantCreated, tenant.id, std::nullopt, "tenant",
                        tenant.id.ToString(), std::nullopt, after.Take()});
  });
  if (!made.ok() && db::IsDuplicate(made.error(), "tenants_slug")) {
    if (!options.if_missing) {
      return MakeError(ErrorCode::kAlreadyExists, "there is a tenant " + options.slug + " already");
    }
    Say("tenant " + options.slug + " exists");
    return {};
  }
  GH_TRY(made);
  Say("tenant " + options.slug + " created: " + tenant.id.ToString());
  return {};
}

Status List(const Invocation& invocation, const Options& options) {
  GH_ASSIGN(const auto session, Session::Open(invocation));
  GH_ASSIGN(const auto tenants, store::ListTenants(*session->Auto()));
  Listing listing({"slug", "name", "status", "users", "created_at", "id"});
  for (const auto& tenant : tenants) {
    GH_ASSIGN(const auto users, store::CountUsers(*session->Auto(), tenant.id));
    listing.Add({tenant.slug, tenant.name, std::string(tenant.suspended ? "suspended" : "active"),
                 users, ToRfc3339(tenant.created_at), tenant.id.ToString()});
  }
  listing.Print(options.json);
  return {};
}

Status SetSuspended(const Invocation& invocation, const Options& options, bool suspended) {
  GH_ASSIGN(const auto session, Session::Open(invocation));
  auto& services = session->services();
  GH_ASSIGN(const auto tenant, session->Tenant(options.slug));
  const std::string_view now_is = suspended ? "suspended" : "active";
  if (tenant.row.suspended != suspended) {
    const auto changed = session->Change([&](db::Executor& ex) -> Status {
      GH_TRY(store::SetTenantSuspended(ex, tenant.row.id, suspended, session->now(), std::nullopt));
      return auth::Audit(services, ex, session->caller(),
                         {auth::event::kTenantUpdated, tenant.row.id, std::nullopt, "tenant",
                          tenant.row.id.ToString(), StatusJson(suspended ? "active" : "suspended"),
                          StatusJson(now_is)});
    });
    GH_TRY(changed);
  }
  // Also where it was so before: an earlier attempt may have died between commit and cache.
  services.proofs.InvalidateTenant(tenant.row.id);
  Say("tenant " + options.slug + " is " + std::string(now_is));
  return {};
}

// "key=value": texts and choices as they are, everything else (numbers, booleans, lists, and null
// for the default) as JSON.
Result<json::Object> ReadSettings(const std::vector<std::string>& assignments) {
  json::Object out;
  for (const auto& assignment : assignments) {
    const auto equals = assignment.find('=');
    if (equals == std::string::npos) {
      return MakeError(ErrorCode::kValidationFailed, assignment + ": must be key=value");
    }
    const std::string key = assignment.substr(0, equals);
    const std::string text = assignment.substr(equals + 1);
    bool is_text = false;
    for (const auto& spec : auth::SettingTable()) {
      is_text = is_text || (spec.key == key && (spec.type == auth::SettingType::kText ||
                                                spec.type == auth::SettingType::kChoice));
    }
    std::string why;
    auto value = is_text ? std::optional(json::Value(text)) : json::Parse(text, &why);
    if (!value) return MakeError(ErrorCode::kValidationFailed, key + ": not JSON: " + why);
    out.emplace_back(key, std::move(*value));
  }
  return out;
}

Status Set(const Invocation& invocation, const Options& options) {
  GH_ASSIGN(auto members, ReadSettings(options.settings));
  const json::Value patch(std::move(members));
  GH_ASSIGN(const auto session, Session::Open(invocation));
  auto& services = session->services();
  GH_ASSIGN(const auto tenant, session->Tenant(options.slug));
  const auto changed = session->Change([&](db::Executor& ex) -> Status {
    GH_TRY(store::LockTenant(ex, tenant.row.id));
    GH_ASSIGN(const auto before, auth::LoadTenantContext(ex, tenant.row.id));
    GH_ASSIGN(const auto merged, auth::MergeSettings(before.row.settings, patch));
    GH_TRY(store::SetTenantSettings(ex, tenant.row.id, merged, session->now(), std::nullopt));
    return auth::Audit(services, ex, session->caller(),
                       {auth::event::kSettingsUpdated, tenant.row.id, std::nullopt, "tenant",
                        tenant.row.id.ToString(), auth::SettingsJson(before.settings),
                        auth::SettingsJson(auth::ParseSettings(merged))});
  });
  GH_TRY(changed);
  services.proofs.InvalidateTenant(tenant.row.id);
  Say("tenant " + options.slug + ": settings changed");
  return {};
}

}  // namespace

void AddTenantCommands(CLI::App& app, Invocation& invocation) {
  auto* tenant = app.add_subcommand("tenant", "Tenants")->require_subcommand(1);
  const auto options = std::make_shared<Options>();

  auto* create = tenant->add_subcommand("create", "Create a tenant");
  create->add_option("slug", options->slug, "[a-z0-9][a-z0-9-]{0,62}")->required();
  create->add_option("--name", options->name, "For people; the slug where it is not given");
  create->add_flag("--if-missing", options->if_missing, "Fine where it exists already");
  create->callback([&invocation, options] {
    invocation.action = [&invocation, options] { return Create(invocation, *options); };
  });

  auto* list = tenant->add_subcommand("list", "All tenants");
  list->add_flag("--json", options->json, "For programs");
  list->callback([&invocation, options] {
    invocation.action = [&invocation, options] { return List(invocation, *options); };
  });

  for (const bool suspended : {true, false}) {
    auto* change = tenant->add_subcommand(
        suspended ? "suspend" : "resume",
        suspended ? "Stop all of a tenant's tokens and sign-ins" : "End a suspension");
    change->add_option("slug", options->slug, "Tenant")->required();
    change->callback([&invocation, options, suspended] {
      invocation.action = [&invocation, options, suspended] {
        return SetSuspended(invocation, *options, suspended);
      };
    });
  }

  auto* set = tenant->add_subcommand("set", "Change settings");
  set->add_option("slug", options->slug, "Tenant")->required();
  set->add_option("settings", options->settings, "key=value …; null resets to the default")
      ->required();
  set->callback([&invocation, options] {
    invocation.action = [&invocation, options] { return Set(invocation, *options); };
  });
}

}  // namespace gatehouse::cli
