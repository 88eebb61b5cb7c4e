#include "sql/store/pictures.h"

#include "sql/store/outcome.h"

namespace gatehouse::store {
namespace {

const db::Sql kSetHash{"pictures.set_hash",
                       "UPDATE users SET picture_hash = ?, updated_at = ?, updated_by = id"
                       " WHERE tenant_id = ? AND id = ?"};
const db::Sql kPut{"pictures.put",
                   "INSERT INTO pictures (user_id, tenant_id, image, updated_at)"
                   " VALUES (?, ?, ?, ?) ON DUPLICATE KEY UPDATE image = VALUES(image),"
                   " updated_at = VALUES(updated_at)"};
const db::Sql kRemove{"pictures.remove",
                      "DELETE FROM pictures WHERE tenant_id = ? AND user_id = ?"};
const db::Sql kFind{"pictures.find",
                    "SELECT image FROM pictures WHERE tenant_id = ? AND user_id = ?"};

}  // namespace

Status SetPicture(db::Executor& ex, TenantId tenant, UserId user, std::string_view image,
                  std::string_view hash, TimePoint now) {
  GH_TRY(OneRow(kSetHash, ex.Execute(kSetHash, {hash, now, tenant, user})));
  return Done(ex.Execute(kPut, {user, tenant, image, now}));
}

Status RemovePicture(db::Executor& ex, TenantId tenant, UserId user, TimePoint now) {
  GH_TRY(OneRow(kSetHash, ex.Execute(kSetHash, {nullptr, now, tenant, user})));
  return Done(ex.Execute(kRemove, {tenant, user}));
}

Result<std::optional<std::string>> FindPicture(db::Executor& ex, TenantId tenant, UserId user) {
  return Map(ex.QueryOne(kFind, {tenant, user}), [](const db::Row& row) { return row.Text(0); });
}

}  // namespace gatehouse::store
