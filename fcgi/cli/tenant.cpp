#include <CLI/CLI.hpp>
#include <memory>

#include "fcgi/cli/command.h"
#include "fcgi/run/config_check.h"
#include "handlers/auth/tenant_admin.h"

namespace gatehouse::cli {
namespace {

struct Options {
  std::string slug, name, preset, plan, subscription_ends_at;
  std::int64_t max_users = 0;  // 0: not given
  std::vector<std::string> settings;
  bool if_missing = false, force = false, json = false;
};

Result<std::optional<TimePoint>> SubscriptionEnd(const Options& options) {
  if (options.subscription_ends_at.empty()) return std::optional<TimePoint>();
  const auto end = FromRfc3339(options.subscription_ends_at);
  if (!end) {
    return MakeError(ErrorCode::kValidationFailed,
                     "--subscription-ends-at must be an RFC 3339 time, as 2030-12-31T23:59:59Z");
  }
  return end;
}

Result<auth::TenantDraft> Draft(const Options& options) {
  auth::TenantDraft draft;
  if (const auto what = CheckSlug(options.slug); !what.empty()) {
    return MakeError(ErrorCode::kValidationFailed, "the slug " + what);
  }
  draft.slug = options.slug;
  GH_ASSIGN(draft.name,
            CleanText("the name", options.name.empty() ? options.slug : options.name, 200));
  draft.preset = options.preset;
  if (!options.plan.empty()) {
    GH_ASSIGN(draft.plan, CleanText("the plan", options.plan, 64));
  }
  GH_ASSIGN(draft.subscription_ends_at, SubscriptionEnd(options));
  if (options.max_users > 0) draft.max_users = options.max_users;
  return draft;
}

Status Create(const Invocation& invocation, const Options& options) {
  GH_ASSIGN(const auto draft, Draft(options));
  GH_ASSIGN(const auto session, Session::Open(invocation));
  const auto made =
      auth::CreateTenant(session->services(), session->caller(), nullptr, draft, nullptr);
  if (!made.ok() && db::IsDuplicate(made.error(), "tenants_slug")) {
    if (!options.if_missing) {
      return MakeError(ErrorCode::kAlreadyExists, "there is a tenant " + options.slug + " already");
    }
    Say("tenant " + options.slug + " exists");
    return {};
  }
  if (!made.ok()) return made.error();
  Say("tenant " + options.slug + " created: " + made->id.ToString());
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
  GH_ASSIGN(const auto tenant, session->Tenant(options.slug));
  auth::TenantPatch patch;
  patch.suspended = suspended;
  GH_TRY(auth::UpdateTenant(session->services(), session->caller(), nullptr, tenant.row.id, patch));
  Say("tenant " + options.slug + " is " + (suspended ? "suspended" : "active"));
  return {};
}

Status Delete(const Invocation& invocation, const Options& options) {
  GH_ASSIGN(const auto session, Session::Open(invocation));
  GH_ASSIGN(const auto tenant, session->Tenant(options.slug));
  const auto deleted = auth::DeleteTenant(session->services(), session->caller(), nullptr,
                                          tenant.row.id, options.force);
  if (!deleted.ok() && deleted.error().code == ErrorCode::kTenantNotEmpty) {
    return MakeError(ErrorCode::kTenantNotEmpty,
                     "tenant " + options.slug + " still has users; add --force to delete it");
  }
  GH_TRY(deleted);
  Say("tenant " + options.slug + " deleted");
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
  GH_ASSIGN(const auto tenant, session->Tenant(options.slug));
  GH_TRY(
      auth::UpdateSettings(session->services(), session->caller(), nullptr, tenant.row.id, patch));
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
  create->add_option("--preset", options->preset,
                     "Roles to start with: default, maintenance or operations");
  create->add_option("--plan", options->plan, "Of the subscription");
  create->add_option("--max-users", options->max_users, "How many people it may have")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1000000000}));
  create->add_option("--subscription-ends-at", options->subscription_ends_at,
                     "RFC 3339; from then on only tenant administrators sign in");
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

  auto* remove = tenant->add_subcommand("delete", "Delete a tenant with all that is in it");
  remove->add_option("slug", options->slug, "Tenant")->required();
  remove->add_flag("--force", options->force, "Also where people are in it");
  remove->callback([&invocation, options] {
    invocation.action = [&invocation, options] { return Delete(invocation, *options); };
  });

  auto* set = tenant->add_subcommand("set", "Change settings");
  set->add_option("slug", options->slug, "Tenant")->required();
  set->add_option("settings", options->settings, "key=value …; null resets to the default")
      ->required();
  set->callback([&invocation, options] {
    invocation.action = [&invocation, options] { return Set(invocation, *options); };
  });
}

}  // namespace gatehouse::cli
