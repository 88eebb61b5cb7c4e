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
constexpr Millis kOneUser{10000};
constexpr std::string_view kReason = "ended_by_admin";

struct Options {
  std::string tenant, email, id;
  bool all = false, json = false;
};

Result<SessionId> ParseId(const std::string& text) {
  const auto id = SessionId::Parse(text);
  if (!id) return MakeError(ErrorCode::kValidationFailed, text + ": not a session's id");
  return *id;
}

Error NoSession(const auth::TenantContext& tenant, const std::string& id) {
  return MakeError(ErrorCode::kNotFound,
                   "there is no session " + id + " in tenant " + tenant.row.slug);
}

// Calls `visit` for the named user, or for everybody in the tenant who has living sessions.
Status ForEachOwner(Session& session, const auth::TenantContext& tenant, const std::string& email,
                    const std::function<Status(const store::SessionOwner&)>& visit) {
  if (!email.empty()) {
    GH_ASSIGN(const auto user, session.FindUser(tenant, email));
    return visit({user.id, user.email});
  }
  std::string after;
  while (true) {
    const auto executor = session.services().db.Auto(Deadline::In(kOneUser));
    GH_ASSIGN(const auto owners,
              store::SessionOwners(*executor, tenant.row.id, after, session.now(), kListPage));
    for (const auto& owner : owners) GH_TRY(visit(owner));
    if (owners.size() < kListPage) return {};
    after = owners.back().email;
  }
}

Status List(const Invocation& invocation, const Options& options) {
  if (!options.id.empty() && !options.email.empty()) {
    return MakeError(ErrorCode::kValidationFailed, "say --id or --email, not both");
  }
  GH_ASSIGN(const auto session, Session::Open(invocation));
  GH_ASSIGN(const auto tenant, session->Tenant(options.tenant));
  std::optional<SessionId> only;
  store::SessionOwner owner;
  if (!options.id.empty()) {
    GH_ASSIGN(only, ParseId(options.id));
    GH_ASSIGN(const auto found, store::FindSession(*session->Auto(), tenant.row.id, *only));
    if (!found) return NoSession(tenant, options.id);
    GH_ASSIGN(const auto user, store::FindUser(*session->Auto(), tenant.row.id, found->user_id));
    if (!user) return NoSession(tenant, options.id);
    owner = {user->id, user->email};
  }
  Listing listing({"id", "email", "type", "device", "device_id", "ip", "created_at",
                   "last_active_at", "expires_at", "idle_expires_at"});
  bool any = false;
  const auto add = [&](const store::SessionOwner& of) -> Status {
    const auto executor = session->services().db.Auto(Deadline::In(kOneUser));
    GH_ASSIGN(const auto living, auth::LivingSessions(*executor, tenant, of.id, session->now()));
    for (const auto& one : living) {
      if (only && one.id != *only) continue;
      any = true;
      const auto idle_end = auth::IdleEnd(one, tenant.settings);
      listing.Add({one.id.ToString(), of.email, one.device_type, one.device_name, one.device_id,
                   one.ip, ToRfc3339(one.created_at), ToRfc3339(one.last_active_at),
                   ToRfc3339(one.expires_at),
                   idle_end ? json::Value(ToRfc3339(*idle_end)) : json::Value()});
    }
    return {};
  };
  if (only) {
    GH_TRY(add(owner));
    if (!any) return MakeError(ErrorCode::kNotFound, "session " + options.id + " has ended");
  } else {
    GH_TRY(ForEachOwner(*session, tenant, options.email, add));
  }
  listing.Print(options.json);
  return {};
}

Status RevokeOne(Session& session, const auth::TenantContext& tenant, const std::string& text) {
  GH_ASSIGN(const SessionId id, ParseId(text));
  auto& services = session.services();
  const auto changed = session.Change([&](db::Executor& ex) -> Status {
    GH_ASSIGN(const auto found, store::LockSession(ex, tenant.row.id, id));
    if (!found) return NoSession(tenant, text);
    GH_ASSIGN(const bool ended,
              store::RevokeSession(ex, tenant.row.id, id, session.now(), kReason));
    if (!ended) return {};
    json::Writer after;
    after.BeginObject().Member("user_id", found->user_id.ToString());
    after.Member("reason", std::string(kReason)).EndObject();
    return auth::Audit(services, ex, session.caller(),
                       {auth::event::kSessionRevoked, tenant.row.id, std::nullopt, "session",
                        id.ToString(), std::nullopt, after.Take()});
  });
  GH_TRY(changed);
  // Also where it had ended before: an earlier attempt may have died between commit and cache.
  services.proofs.Revoke(tenant.row.id, id);
  Say("session " + text + " is revoked");
  return {};
}

Status RevokeMany(Session& session, const auth::TenantContext& tenant, const std::string& email) {
  std::int64_t ended = 0;
  const auto revoke = [&](const store::SessionOwner& owner) -> Status {
    // A time of its own for everybody: a tenant can be large.
    auth::Caller caller = session.caller();
    caller.deadline = Deadline::In(kOneUser);
    const auto theirs = auth::EndSessions(session.services(), caller, tenant.row.id, owner.id,
                                          std::nullopt, std::nullopt, kReason);
    // Deleted since they were listed, and their sessions with them.
    if (!theirs.ok() && theirs.error().code == ErrorCode::kNotFound) return {};
    GH_TRY(theirs);
    ended += *theirs;
    return {};
  };
  const auto done = ForEachOwner(session, tenant, email, revoke);
  const std::string what = std::to_string(ended) + (ended == 1 ? " session of " : " sessions of ") +
                           (email.empty() ? "tenant " + tenant.row.slug : email) + " revoked";
  if (!done.ok()) return MakeError(done.error().code, Describe(done.error()) + "; " + what);
  Say(what);
  return {};
}

Status Revoke(const Invocation& invocation, const Options& options) {
  if (!options.id.empty() && (options.all || !options.email.empty())) {
    return MakeError(ErrorCode::kValidationFailed, "--id names one session, alone");
  }
  if (options.id.empty() && options.email.empty() && !options.all) {
    return MakeError(ErrorCode::kValidationFailed,
                     "say --id, --email, or --all for everybody in the tenant");
  }
  GH_ASSIGN(const auto session, Session::Open(invocation));
  GH_ASSIGN(const auto tenant, session->Tenant(options.tenant));
  if (!options.id.empty()) return RevokeOne(*session, tenant, options.id);
  return RevokeMany(*session, tenant, options.email);
}

}  // namespace

void AddSessionCommands(CLI::App& app, Invocation& invocation) {
  auto* session = app.add_subcommand("session", "Living sessions")->require_subcommand(1);
  const auto options = std::make_shared<Options>();
  const auto add = [&](const char* name, const char* about,
                       Status (*run)(const Invocation&, const Options&)) {
    auto* command = session->add_subcommand(name, about);
    command->add_option("--tenant", options->tenant, "Tenant (slug)")->required();
    command->add_option("--email", options->email, "All sessions of this user");
    command->add_option("id,--id", options->id, "This session, as `session list` names it");
    command->callback([&invocation, options, run] {
      invocation.action = [&invocation, options, run] { return run(invocation, *options); };
    });
    return command;
  };
  add("list", "Sessions of a user, or of everybody in the tenant", &List)
      ->add_flag("--json", options->json, "For programs");
  add("revoke", "End one session, all of a user, or all of the tenant", &Revoke)
      ->add_flag("--all", options->all, "All of the tenant's; with --email all of that user");
}

}  // namespace gatehouse::cli
