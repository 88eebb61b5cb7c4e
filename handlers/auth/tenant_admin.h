#pragma once
#include "handlers/auth/services.h"
namespace gatehouse::auth {
Status CheckUserLimit(db::Executor& ex, TenantId tenant);
}
