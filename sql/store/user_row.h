// How a user is read from a row, for the statements outside of users.cpp. Private to sql/store.
#pragma once

#include "sql/store/users.h"

namespace gatehouse::store {

// Constant-initialized, so that statements may be composed of it before main.
extern const char* const kUserColumns;  // "id, tenant_id, …"
User ReadUser(const db::Row& row);      // of kUserColumns

}  // namespace gatehouse::store
