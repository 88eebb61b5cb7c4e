#include "handlers/auth/session.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "fcgi/cli/command.h"
#include "handlers/auth/audit.h"
#include "handlers/auth/identifier.h"
#include "handlers/auth/proof_cache.h"

namespace gatehouse::cli {
namespace {

constexpr int kListPage = 500;
constexpr std::string_view kReason = "ended_by_admin";

struct Options {
  std::string tenant, email, id;
  bool json = false;
};

Status AddSessionsOf(Session& session, const store::User& user, Listing& listing) {
  GH_ASSIGN(const auto live,
            store::LiveSessions(*session.Auto(), user.tenant_id, user.id, session.now()));
  for (const auto& one : live) {
    listing.Add({one.id.ToString(), user.email, one.device_type, one.device_name, one.ip,
                 ToRfc3339(one.created_at), ToRfc3339(one.last_active_at),
                 ToRfc3339(one.expires_at)});
  }
  return {};
}

Status List(const Invocation& invocation, const Options& options) {
  GH_ASSIGN(const auto session, Session::Open(invocation));
  GH_ASSIGN(const auto tenant, session->Tenant(options.tenant));
  Listing listing(
      {"id", "email", "type", "device", "ip", "created_at", "last_active_at", "expires_at"});
  if (!options.email.empty()) {
    GH_ASSIGN(const auto user, session->FindUser(tenant, options.email));
    GH_TRY(AddSessionsOf(*session, user, listing));
    listing.Print(options.json);
    return {};
  }
  std::string after;
  while (true) {
    GH_ASSIGN(const auto users,
              store::ListUsers(*session->Auto(), tenant.row.id, after, kListPage));
    for (const auto& user : users) GH_TRY(AddSessionsOf(*session, user, listing));
    if (users.size() < kListPage) break;
    after = users.back().email;
  }
  listing.Print(options.json);
  return {};
}

Status RevokeOne(Session& session, const auth::TenantContext& tenant, const std::string& text) {
  const auto id = SessionId::Parse(text);
  if (!id) return MakeError(ErrorCode::kValidationFailed, text + ": not a session's id");
  auto& services = session.services();
  const auto changed = session.Change([&](db::Executor& ex) -> Status {
    GH_ASSIGN(const auto found, store::LockSession(ex, tenant.row.id, *id));
    if (!found) {
      return MakeError(ErrorCode::kNotFound,
                       "there is no session " + text + " in tenant " + tenant.row.slug);
    }
    GH_ASSIGN(const bool ended,
              store::RevokeSession(ex, tenant.row.id, *id, session.now(), kReason));
    if (!ended) return {};
    json::Writer after;
    after.BeginObject().Member("user_id", found->user_id.ToString());
    after.Member("reason", std::string(kReason)).EndObject();
    return auth::Audit(services, ex, session.caller(),
                       {auth::event::kSessionRevoked, tenant.row.id, std::nullopt, "session",
                        id->ToString(), std::nullopt, after.Take()});
  });
  GH_TRY(changed);
  // Also where it had ended before: an earlier attempt may have died between commit and cache.
  services.proofs.Revoke(tenant.row.id, *id);
  Say("session " + text + " is revoked");
  return {};
}

Status RevokeAll(Session& session, const auth::TenantContext& tenant, const std::string& email) {
  auto& services = session.services();
  GH_ASSIGN(const auto user, session.FindUser(tenant, email));
  GH_ASSIGN(
      const auto ended,
      services.db.Transact<auth::EndedSessions>(session.caller().deadline, [&](db::Executor& ex) {
        return auth::EndSessionsIn(services, ex, session.caller(), tenant.row.id, user.id,
                                   std::nullopt, std::nullopt, kReason);
      }));
  auth::TellEnded(services, ended);
  Say(std::to_string(ended.size()) + " sessions of " + email + " revoked");
  return {};
}

Status Revoke(const Invocation& invocation, const Options& options) {
  if (options.email.empty() == options.id.empty()) {
    return MakeError(ErrorCode::kValidationFailed, "say either --email or --id");
  }
  GH_ASSIGN(const auto session, Session::Open(invocation));
  GH_ASSIGN(const auto tenant, session->Tenant(options.tenant));
  if (!options.id.empty()) return RevokeOne(*session, tenant, options.id);
  return RevokeAll(*session, tenant, options.email);
}

}  // namespace

void AddSessionCommands(CLI::App& app, Invocation& invocation) {
  auto* session = app.add_subcommand("session", "Living sessions")->require_subcommand(1);
  const auto options = std::make_shared<Options>();
  const auto add = [&](const char* name, const char* about,
                       Status (*run)(const Invocation&, const Options&)) {
    auto* command = session->add_subcommand(name, about);
    command->add_option("--tenant", options->tenant, "Tenant (slug)")->required();
    command->add_option("--email", options->email, "Sessions of this user");
    command->callback([&invocation, options, run] {
      invocation.action = [&invocation, options, run] { return run(invocation, *options); };
    });
    return command;
  };
  add("list", "Sessions of a user, or of all users of the tenant", &List)
      ->add_flag("--json", options->json, "For programs");
  add("revoke", "End one session, or all of a user", &Revoke)
      ->add_option("--id", options->id, "This session");
}

}  // namespace gatehouse::cli
