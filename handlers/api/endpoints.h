// Every endpoint, as the route table names them. What each takes and answers stands in API.md and,
// as schemas, in its row.
#pragma once

#include "handlers/api/call.h"

namespace gatehouse::api {

// sign_up.cpp
Result<http::Response> PostRegister(Call& call);
Result<http::Response> PostVerifyEmail(Call& call);
Result<http::Response> PostResendVerification(Call& call);
// sign_in.cpp
Result<http::Response> PostLogin(Call& call);
Result<http::Response> PostRefresh(Call& call);
Result<http::Response> PostLogout(Call& call);
Result<http::Response> PostLogoutAll(Call& call);
// current.cpp
Result<http::Response> GetSession(Call& call);
Result<http::Response> GetInfo(Call& call);
Result<http::Response> GetCsrf(Call& call);
// password.cpp
Result<http::Response> PostForgotPassword(Call& call);
Result<http::Response> PostResetPassword(Call& call);
Result<http::Response> PostChangePassword(Call& call);
// gate.cpp
Result<http::Response> GetVerify(Call& call);
Result<http::Response> PostCheck(Call& call);
// me.cpp
Result<http::Response> GetMe(Call& call);
Result<http::Response> GetMySessions(Call& call);
Result<http::Response> DeleteMySession(Call& call);
Result<http::Response> GetMyAttempts(Call& call);
// admin.cpp
Result<http::Response> GetAttempts(Call& call);
Result<http::Response> GetUserSessions(Call& call);
Result<http::Response> PostUserLogout(Call& call);
// openapi.cpp in handlers/ (it reads the route table)
Result<http::Response> GetOpenApi(Call& call);
// operation.cpp
Result<http::Response> GetHealth(Call& call);
Result<http::Response> GetReady(Call& call);
Result<http::Response> GetMetrics(Call& call);

}  // namespace gatehouse::api
