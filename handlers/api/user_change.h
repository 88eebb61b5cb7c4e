// The fields of a user in a body, as the rules take them.
#pragma once

#include "fcgi/http/schema.h"
#include "handlers/auth/user_admin.h"

namespace gatehouse::api {

// What the body names; absent fields are not given, null ones are cleared.
auth::UserChange ReadUserChange(const http::Fields& body);

}  // namespace gatehouse::api
