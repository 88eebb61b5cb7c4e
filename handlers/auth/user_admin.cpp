#include "handlers/auth/user_admin.h"

#include <algorithm>
#include <array>

#include "fcgi/lib/json.h"
#include "handlers/auth/attempt.h"
#include "handlers/auth/audit.h"
#include "handlers/auth/difference.h"
#include "handlers/auth/generated_password.h"
#include "handlers/auth/identifier.h"
#include "handlers/auth/notify.h"
#include "handlers/auth/proof_cache.h"
#include "handlers/auth/recovery.h"
#include "handlers/auth/requirement.h"
#include "handlers/auth/role_assignment.h"
#include "handlers/auth/session.h"
#include "handlers/auth/tenant_admin.h"
#include "handlers/auth/verification.h"
#include "sql/store/links.h"

namespace gatehouse::auth {
namespace {

bool MayMakeTenantAdmins(const Principal& who) { return who.tenant_admin || who.platform_admin; }

// The optional texts of a user, by their names in the API.
struct TextField {
  std::string_view name;
  std::optional<std::string> store::User::*in_user;
  Change<std::string> UserChange::*in_change;
};
constexpr std::array<TextField, 8> kTextFields = {{
    {"first_name", &store::User::first_name, &UserChange::first_name},
    {"last_name", &store::User::last_name, &UserChange::last_name},
    {"phone", &store::User::phone, &UserChange::phone},
    {"address", &store::User::address, &UserChange::address},
    {"employee_id", &store::User::employee_id, &UserChange::employee_id},
    {"kra_pin", &store::User::kra_pin, &UserChange::kra_pin},
    {"branch_id", &store::User::branch_id, &UserChange::branch_id},
    {"restaurant_id", &store::User::restaurant_id, &UserChange::restaurant_id},
}};

void Apply(const UserChange& change, store::User& user) {
  for (const auto& field : kTextFields) {
    if (const auto& given = change.*field.in_change) user.*field.in_user = *given;
  }
  if (change.is_tenant_admin) user.is_tenant_admin = *change.is_tenant_admin;
}

template <class T>
json::Value OrNull(const std::optional<T>& value) {
  return value ? json::Value(*value) : json::Value();
}

// What may be changed, as the audit log shows it.
json::Object Facts(const store::User& user) {
  json::Object out{{"email", user.email},
                   {"email_verified", user.email_verified_at.has_value()},
                   {"status", std::string(ToString(user.status))}};
  for (const auto& field : kTextFields) {
    out.emplace_back(field.name, OrNull(user.*field.in_user));
  }
  out.emplace_back("is_tenant_admin", user.is_tenant_admin);
  return out;
}

// One's own address moves only with one's password (API.md, POST /auth/me/email): a session that
// was stolen is not enough.
Error NotOnOneself() {
  return {ErrorCode::kValidationFailed,
          "email of oneself",
          {{"/email", "not_allowed", "One's own address is changed with POST /auth/me/email.",
            "Please change your own e-mail address in your account."}},
          0};
}

Error AddressTaken() { return MakeError(ErrorCode::kAlreadyExists, "address"); }

// Does this take a registration into use? It counts as verified then: the administrator vouches for
// it, as they do for accounts that they make.
bool TakesIntoUse(const store::User& user, const UserChange& change) {
  return user.status == store::UserStatus::kPending && change.status == store::UserStatus::kActive;
}

// A registration that was never overwritten: the password is that of whoever registered first. Else
// it is that of the last, who may be a stranger (the link would have told them apart).
bool HasItsFirstPassword(const store::User& pending) {
  return pending.updated_at == pending.created_at;
}

bool IsActiveAdmin(const store::User& user) {
  return user.is_tenant_admin && user.status == store::UserStatus::kActive;
}

std::string CreatedJson(const UserView& made) {
  json::Writer out;
  out.BeginObject().Member("email", made.user.email);
  for (const auto& field : kTextFields) {
    if (made.user.*field.in_user) out.Member(field.name, made.user.*field.in_user);
  }
  out.Member("is_tenant_admin", made.user.is_tenant_admin).Key("roles").BeginArray();
  for (const auto& role : made.grants.roles) out.String(role.name);
  return out.EndArray().EndObject().Take();
}

class Creation {
 public:
  Creation(Services& services, const Caller& caller, const Actor& actor, const NewUser& wanted,
           const TenantContext& tenant, store::User user, const std::string& password)
      : services_(services),
        caller_(caller),
        actor_(actor),
        wanted_(wanted),
        tenant_(tenant),
        user_(std::move(user)),
        password_(password) {}

  Result<UserView> Run(db::Executor& ex, const UserMade& made) const {
    GH_TRY(LockAddress(services_, ex, tenant_, user_.email));
    GH_TRY(CheckUserLimit(ex, actor_.tenant));
    GH_ASSIGN(const auto taken, store::FindUserByEmail(ex, actor_.tenant, user_.email));
    if (taken) return AddressTaken();
    GH_TRY(store::InsertUser(ex, user_));
    GH_TRY(AssignRoles(services_, ex, actor_, user_.id, {}, wanted_.roles));
    GH_ASSIGN(auto grants, store::GrantsOf(ex, actor_.tenant, user_.id));
    UserView out{user_, std::move(grants)};
    GH_TRY(Audit(services_, ex, caller_,
                 ByActor(actor_, event::kUserCreated, "user", user_.id.ToString(), std::nullopt,
                         CreatedJson(out))));
    GH_TRY(
        Notify(services_, ex, tenant_, MailKind::kWelcome, {user_.email, user_.DisplayName()},
               {{"password", password_}, {"sign_in_link", PageOf(services_, tenant_, "sign-in")}}));
    GH_TRY(made(ex, out));
    return out;
  }

 private:
  Services& services_;
  const Caller& caller_;
  const Actor& actor_;
  const NewUser& wanted_;
  const TenantContext& tenant_;
  store::User user_;
  const std::string& password_;
};

struct Changed {
  UserView view;
  EndedSessions ended;
};

// The old address is warned, the new one gets a link that verifies it.
Status TellOfNewAddress(Services& services, db::Executor& ex, const TenantContext& tenant,
                        const store::User& before, const store::User& after) {
  GH_TRY(Notify(services, ex, tenant, MailKind::kEmailChanged, {before.email, before.DisplayName()},
                {{"new_email", after.email}}));
  return SendAddressLink(services, ex, tenant, after);
}

Result<Changed> ChangeIn(Services& services, db::Executor& ex, const Caller& caller,
                         const Actor& actor, UserId id, const UserChange& change) {
  GH_ASSIGN(const auto tenant, LoadTenantContext(ex, actor.tenant));
  const auto email = change.email ? std::optional(CanonicalEmail(*change.email)) : std::nullopt;
  if (email) GH_TRY(LockAddress(services, ex, tenant, *email));
  const bool may_lose_admin = (change.is_tenant_admin && !*change.is_tenant_admin) ||
                              change.status == store::UserStatus::kDisabled;
  if (may_lose_admin) GH_TRY(store::LockTenant(ex, actor.tenant));
  GH_ASSIGN(UserView view, LockForAction(ex, actor, id));
  const TimePoint now = services.clock.Now();
  const store::User before = view.user;
  store::User& user = view.user;
  Apply(change, user);
  if (user.is_tenant_admin != before.is_tenant_admin && !MayMakeTenantAdmins(actor.who)) {
    return MakeError(ErrorCode::kEscalation, "tenant-admin flag");
  }
  const bool taken_into_use = TakesIntoUse(before, change);
  if (taken_into_use) user.email_verified_at = now;
  if (change.status) user.status = *change.status;
  const bool moved = email && *email != before.email;
  if (moved && actor.id() == id) return NotOnOneself();
  if (moved) {
    GH_TRY(MoveFailures(services, ex, user, *email));
    user.email = *email;
    user.email_verified_at.reset();
  }
  const Difference changed = DifferenceOf(Facts(before), Facts(user));
  if (changed.empty()) return Changed{std::move(view), {}};
  if (IsActiveAdmin(before) && !IsActiveAdmin(user)) {
    GH_TRY(KeepATenantAdmin(ex, actor.tenant, id));
  }
  user.updated_at = now;
  user.updated_by = actor.id();
  GH_TRY(store::UpdateUser(ex, user));
  GH_TRY(Audit(
      services, ex, caller,
      ByActor(actor, event::kUserUpdated, "user", id.ToString(), changed.before, changed.after)));
  const bool ends = moved || user.status == store::UserStatus::kDisabled;
  // An address change that somebody asked for before must not come after this one.
  if (ends) GH_TRY(store::MarkEveryLinkUsed(ex, actor.tenant, id, now));
  if (moved) GH_TRY(TellOfNewAddress(services, ex, tenant, before, user));
  if (taken_into_use && !HasItsFirstPassword(before)) {
    GH_TRY(store::ClearPassword(ex, actor.tenant, id, now, actor.id()));
    GH_TRY(SendResetLink(services, ex, tenant, user));
  }
  Changed out{std::move(view), {}};
  if (ends) {
    GH_ASSIGN(out.ended, EndSessionsIn(services, ex, caller, actor.tenant, id, actor.id(),
                                       std::nullopt, moved ? "email_changed" : "account_disabled"));
  }
  return out;
}

}  // namespace

Result<UserView> FindUserView(db::Executor& ex, TenantId tenant, UserId id) {
  GH_ASSIGN(auto user, store::FindUser(ex, tenant, id));
  if (!user) return MakeError(ErrorCode::kNotFound, "user");
  GH_ASSIGN(auto grants, store::GrantsOf(ex, tenant, id));
  return UserView{std::move(*user), std::move(grants)};
}

Result<UserView> LockForAction(db::Executor& ex, const Actor& actor, UserId id) {
  GH_ASSIGN(auto user, store::LockUser(ex, actor.tenant, id));
  if (!user) return MakeError(ErrorCode::kNotFound, "user");
  GH_ASSIGN(auto grants, store::GrantsOf(ex, actor.tenant, id));
  if (!MayActOn(actor.who, user->is_tenant_admin, grants.platform_admin, grants.permissions)) {
    return MakeError(ErrorCode::kEscalation, "the user holds more than the caller");
  }
  return UserView{std::move(*user), std::move(grants)};
}

Status KeepATenantAdmin(db::Executor& ex, TenantId tenant, UserId user) {
  GH_ASSIGN(const bool others, store::HasOtherTenantAdmin(ex, tenant, user));
  if (!others) return MakeError(ErrorCode::kLastTenantAdmin);
  return {};
}

Result<UserView> CreateUser(Services& services, const Caller& caller, const Actor& actor,
                            const NewUser& wanted, const UserMade& made) {
  if (wanted.profile.is_tenant_admin.value_or(false) && !MayMakeTenantAdmins(actor.who)) {
    return MakeError(ErrorCode::kEscalation, "tenant-admin flag");
  }
  GH_ASSIGN(const auto tenant, LoadTenantContext(*services.db.Auto(caller.deadline), actor.tenant));
  const std::string password =
      GeneratePassword(services.entropy, tenant.settings.password_min_length);
  const TimePoint now = services.clock.Now();
  store::User user;
  user.id = UserId::New(now, services.entropy);
  user.tenant_id = actor.tenant;
  user.email = CanonicalEmail(wanted.email);
  user.status = store::UserStatus::kActive;
  user.must_change_password = true;
  GH_ASSIGN(user.password_hash, HashPassword(password, services.hash_policy, services.entropy));
  user.created_at = user.updated_at = now;
  user.email_verified_at = now;
  user.created_by = user.updated_by = actor.id();
  Apply(wanted.profile, user);
  const UserId id = user.id;
  const Creation creation(services, caller, actor, wanted, tenant, std::move(user), password);
  auto out = services.db.Transact<UserView>(
      caller.deadline, [&](db::Executor& ex) { return creation.Run(ex, made); },
      [&](db::Executor& ex) -> Result<bool> {
        GH_ASSIGN(const auto found, store::FindUser(ex, actor.tenant, id));
        return found.has_value();
      });
  if (!out.ok() && db::IsDuplicate(out.error(), "users_email")) return AddressTaken();
  return out;
}

Result<UserView> ChangeUser(Services& services, const Caller& caller, const Actor& actor, UserId id,
                            const UserChange& change) {
  auto changed = services.db.Transact<Changed>(caller.deadline, [&](db::Executor& ex) {
    return ChangeIn(services, ex, caller, actor, id, change);
  });
  if (!changed.ok() && db::IsDuplicate(changed.error(), "users_email")) return AddressTaken();
  GH_TRY(changed);
  TellEnded(services, changed->ended);
  GH_TRY(VoidProofs(services, caller, actor.tenant, id));
  return std::move(changed->view);
}

Result<UserView> ChangeProfile(Services& services, const Caller& caller, const Principal& who,
                               const UserChange& change) {
  GH_ASSIGN(
      UserView view,
      services.db.Transact<UserView>(caller.deadline, [&](db::Executor& ex) -> Result<UserView> {
        GH_ASSIGN(auto user, store::LockUser(ex, who.tenant_id, who.user_id));
        if (!user) return MakeError(ErrorCode::kInvalidToken, "user deleted meanwhile");
        const store::User before = *user;
        Apply(change, *user);
        GH_ASSIGN(auto grants, store::GrantsOf(ex, who.tenant_id, who.user_id));
        const Difference changed = DifferenceOf(Facts(before), Facts(*user));
        if (!changed.empty()) {
          user->updated_at = services.clock.Now();
          user->updated_by = who.user_id;
          GH_TRY(store::UpdateUser(ex, *user));
          GH_TRY(Audit(services, ex, caller,
                       ByActor({who, who.tenant_id}, event::kUserUpdated, "user",
                               who.user_id.ToString(), changed.before, changed.after)));
        }
        return UserView{std::move(*user), std::move(grants)};
      }));
  GH_TRY(VoidProofs(services, caller, who.tenant_id, who.user_id));
  return view;
}

}  // namespace gatehouse::auth
