// What reaches into every tenant: a system role that changes, a permission that leaves the
// catalogue.
#pragma once

#include <vector>

#include "sql/db/database.h"

namespace gatehouse::store {

// Holding every row's lock to the end of the transaction, in one order.
Status LockEveryTenant(db::Executor& ex);
// Voids every proof there is (once the caller has also told the cache).
Status BumpEveryGeneration(db::Executor& ex);
Result<std::vector<TenantId>> AllTenantIds(db::Executor& ex);

}  // namespace gatehouse::store
