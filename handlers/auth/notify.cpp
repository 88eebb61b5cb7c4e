#include "handlers/auth/notify.h"

#include "handlers/auth/identifier.h"
#include "sql/store/attempts.h"
#include "sql/store/outbox.h"

namespace gatehouse::auth {
namespace {

store::OutboxMail MakeRow(Services& services, const TenantContext& tenant, MailKind kind,
                          const std::string& address) {
  const TimePoint now = services.clock.Now();
  store::OutboxMail row;
  row.id = MailId::New(now, services.entropy);
  row.tenant_id = tenant.row.id;
  row.kind = ToString(kind);
  row.recipient = address;
  row.recipient_key = IdentifierKey(services.keys, tenant.row.id.view(), address);
  row.created_at = now;
  return row;
}

std::string Render(Services& services, const TenantContext& tenant, MailKind kind,
                   const Recipient& recipient, const store::OutboxMail& row, MailValues values) {
  const auto& sender = tenant.settings.mail_sender_name;
  values.emplace("tenant_name", tenant.row.name);
  values.emplace("recipient_name", recipient.name.empty() ? recipient.address : recipient.name);
  values.emplace("base_url", services.config.base_url);
  return services.mail.Render(kind,
                              {services.config.mail_from, sender.empty() ? tenant.row.name : sender,
                               recipient.address, row.id, row.created_at},
                              values);
}

}  // namespace

Status Notify(Services& services, db::Executor& ex, const TenantContext& tenant, MailKind kind,
              const Recipient& recipient, MailValues values) {
  auto row = MakeRow(services, tenant, kind, recipient.address);
  row.message = Render(services, tenant, kind, recipient, row, std::move(values));
  return store::Enqueue(ex, row);
}

Status NotifyNobody(Services& services, db::Executor& ex, const TenantContext& tenant,
                    MailKind kind, const std::string& address) {
  auto row = MakeRow(services, tenant, kind, address);
  // Rendered all the same, and thrown away.
  row.message = Render(services, tenant, kind, {address, {}}, row, {});
  row.is_void = true;
  return store::Enqueue(ex, row);
}

Status LockAddress(Services& services, db::Executor& ex, const TenantContext& tenant,
                   const std::string& address) {
  return store::LockIdentifier(ex, IdentifierKey(services.keys, tenant.row.id.view(), address),
                               services.clock.Now());
}

Result<bool> RecipientIsFull(Services& services, db::Executor& ex, const TenantContext& tenant,
                             const std::string& address) {
  const auto key = IdentifierKey(services.keys, tenant.row.id.view(), address);
  GH_ASSIGN(const auto sent,
            store::CountForRecipient(ex, key, services.clock.Now() - std::chrono::hours(1)));
  return sent >= services.config.mail_per_recipient_hour;
}

std::string LinkTo(const Services& services, std::string_view page, std::string_view token) {
  return services.config.base_url + "/auth/ui/" + std::string(page) +
         "#token=" + std::string(token);
}

std::string PageOf(const Services& services, const TenantContext& tenant, std::string_view page) {
  // A slug needs no encoding.
  return services.config.base_url + "/auth/ui/" + std::string(page) + "?tenant=" + tenant.row.slug;
}

}  // namespace gatehouse::auth
