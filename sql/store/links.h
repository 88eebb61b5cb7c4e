// Mailed single-use links. Only the SHA-256 of a token is stored; the token is the capability, so
// look-ups by it are the one place where tenant data is found without a TenantId.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sql/db/database.h"

namespace gatehouse::store {

enum class LinkPurpose { kVerifyEmail, kPasswordReset, kChangeEmail };
std::string_view ToString(LinkPurpose purpose);  // "verify_email", "password_reset", "change_email"

struct Link {
  LinkId id;
  TenantId tenant_id;
  std::optional<UserId> user_id;  // nullopt: written for an address without an account
  LinkPurpose purpose = LinkPurpose::kVerifyEmail;
  std::string token_hash;  // 32 bytes
  std::string email;
  // Of the registration that it was sent for.
  std::optional<std::string> password_hash, first_name, last_name, phone;
  TimePoint created_at, expires_at;
  std::optional<TimePoint> used_at;
};

Status InsertLink(db::Executor& ex, const Link& link);
// Holds the row's lock. Returns used and expired ones too: the rule decides.
Result<std::optional<Link>> LockLink(db::Executor& ex, std::string_view token_hash);
Result<std::optional<Link>> FindLink(db::Executor& ex, std::string_view token_hash);
Status MarkLinkUsed(db::Executor& ex, LinkId id, TimePoint now);
// All unused links of the user with this purpose.
Status MarkLinksUsed(db::Executor& ex, TenantId tenant, UserId user, LinkPurpose purpose,
                     TimePoint now);
// All unused links of the user, whatever for: whoever takes an account back takes it back whole.
Status MarkEveryLinkUsed(db::Executor& ex, TenantId tenant, UserId user, TimePoint now);
// The newest unused verify_email link of a user, whatever its expiry.
Result<std::optional<Link>> NewestVerifyLink(db::Executor& ex, TenantId tenant, UserId user);

}  // namespace gatehouse::store
