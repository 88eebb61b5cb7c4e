// Profile pictures (SPEC U4), apart from users, whose rows every sign-in reads. users.picture_hash
// tells whether there is one, and which.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sql/db/database.h"

namespace gatehouse::store {

// Inside a transaction. kNotFound where the tenant has no such user.
Status SetPicture(db::Executor& ex, TenantId tenant, UserId user, std::string_view image,
                  std::string_view hash, TimePoint now);
Status RemovePicture(db::Executor& ex, TenantId tenant, UserId user, TimePoint now);
Result<std::optional<std::string>> FindPicture(db::Executor& ex, TenantId tenant, UserId user);

}  // namespace gatehouse::store
