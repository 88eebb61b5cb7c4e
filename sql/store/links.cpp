#include "sql/store/links.h"

#include "sql/store/outcome.h"

namespace gatehouse::store {
namespace {

#define GH_LINK_COLUMNS                                                            \
  "id, tenant_id, user_id, purpose, token_hash, email, password_hash, first_name," \
  " last_name, phone, created_at, expires_at, used_at"

const db::Sql kInsert{"links.insert", "INSERT INTO links (" GH_LINK_COLUMNS
                                      ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
const db::Sql kFind{"links.find", "SELECT " GH_LINK_COLUMNS " FROM links WHERE token_hash = ?"};
const db::Sql kLock{"links.lock",
                    "SELECT " GH_LINK_COLUMNS " FROM links WHERE token_hash = ? FOR UPDATE"};
const db::Sql kMarkUsed{"links.mark_used",
                        "UPDATE links SET used_at = ? WHERE id = ? AND used_at IS NULL"};
const db::Sql kMarkAllUsed{"links.mark_all_used",
                           "UPDATE links SET used_at = ? WHERE user_id = ? AND tenant_id = ?"
                           " AND purpose = ? AND used_at IS NULL"};
const db::Sql kMarkEveryUsed{"links.mark_every_used",
                             "UPDATE links SET used_at = ? WHERE user_id = ? AND tenant_id = ?"
                             " AND used_at IS NULL"};
const db::Sql kNewest{"links.newest_verify", "SELECT " GH_LINK_COLUMNS
                                             " FROM links WHERE user_id = ? AND tenant_id = ?"
                                             " AND purpose = 'verify_email' AND used_at IS NULL"
                                             " ORDER BY created_at DESC, id DESC LIMIT 1"};

#undef GH_LINK_COLUMNS

LinkPurpose ParsePurpose(std::string_view text) {
  if (text == "verify_email") return LinkPurpose::kVerifyEmail;
  if (text == "password_reset") return LinkPurpose::kPasswordReset;
  return LinkPurpose::kChangeEmail;
}

Link ReadLink(const db::Row& row) {
  Link link;
  link.id = row.As<LinkId>(0);
  link.tenant_id = row.As<TenantId>(1);
  link.user_id = row.OptionalAs<UserId>(2);
  link.purpose = ParsePurpose(row.Text(3));
  link.token_hash = row.Text(4);
  link.email = row.Text(5);
  link.password_hash = row.OptionalText(6);
  link.first_name = row.OptionalText(7);
  link.last_name = row.OptionalText(8);
  link.phone = row.OptionalText(9);
  link.created_at = row.Time(10);
  link.expires_at = row.Time(11);
  link.used_at = row.OptionalTime(12);
  return link;
}

}  // namespace

std::string_view ToString(LinkPurpose purpose) {
  switch (purpose) {
    case LinkPurpose::kVerifyEmail:
      return "verify_email";
    case LinkPurpose::kPasswordReset:
      return "password_reset";
    case LinkPurpose::kChangeEmail:
      break;
  }
  return "change_email";
}

Status InsertLink(db::Executor& ex, const Link& link) {
  return Done(ex.Execute(
      kInsert, {link.id, link.tenant_id, link.user_id, ToString(link.purpose), link.token_hash,
                link.email, link.password_hash, link.first_name, link.last_name, link.phone,
                link.created_at, link.expires_at, link.used_at}));
}

Result<std::optional<Link>> LockLink(db::Executor& ex, std::string_view token_hash) {
  return Map(ex.QueryOne(kLock, {token_hash}), ReadLink);
}

Result<std::optional<Link>> FindLink(db::Executor& ex, std::string_view token_hash) {
  return Map(ex.QueryOne(kFind, {token_hash}), ReadLink);
}

Status MarkLinkUsed(db::Executor& ex, LinkId id, TimePoint now) {
  return Done(ex.Execute(kMarkUsed, {now, id}));
}

Status MarkLinksUsed(db::Executor& ex, TenantId tenant, UserId user, LinkPurpose purpose,
                     TimePoint now) {
  return Done(ex.Execute(kMarkAllUsed, {now, user, tenant, ToString(purpose)}));
}

Status MarkEveryLinkUsed(db::Executor& ex, TenantId tenant, UserId user, TimePoint now) {
  return Done(ex.Execute(kMarkEveryUsed, {now, user, tenant}));
}

Result<std::optional<Link>> NewestVerifyLink(db::Executor& ex, TenantId tenant, UserId user) {
  return Map(ex.QueryOne(kNewest, {user, tenant}), ReadLink);
}

}  // namespace gatehouse::store
