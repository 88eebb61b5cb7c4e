// Every endpoint, as the route table names them. What each takes and answers stands in API.md and,
// as schemas, in its row.
#pragma once

#include "handlers/api/call.h"

namespace gatehouse::api {

// sign_up.cpp
Result<http::Response> PostRegister(Call& call);
Result<http::Response> PostVerifyEmail(Call& call);
Result<http::Response> PostResendVerification(Call& call);
// mailed_link.cpp
Result<http::Response> PostMailedLink(Call& call);
// sign_in.cpp
Result<http::Response> PostLogin(Call& call);
Result<http::Response> PostRefresh(Call& call);
Result<http::Response> PostLogout(Call& call);
Result<http::Response> PostLogoutAll(Call& call);
// sign_in_options.cpp
Result<http::Response> GetSignInOptions(Call& call);
// second_factor.cpp
Result<http::Response> PostChallenge(Call& call);
Result<http::Response> PostEnrol(Call& call);
Result<http::Response> PostConfirm(Call& call);
Result<http::Response> PostDisable(Call& call);
Result<http::Response> PostRecoveryCodes(Call& call);
// current.cpp
Result<http::Response> GetSession(Call& call);
Result<http::Response> GetInfo(Call& call);
Result<http::Response> GetCsrf(Call& call);
// session_end.cpp
Result<http::Response> GetSessionEnd(Call& call);
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
Result<http::Response> PatchMe(Call& call);
Result<http::Response> PostMyEmail(Call& call);
Result<http::Response> DeleteMe(Call& call);
// export.cpp
Result<http::Response> GetMyExport(Call& call);
// picture.cpp
Result<http::Response> PutMyPicture(Call& call);
Result<http::Response> DeleteMyPicture(Call& call);
Result<http::Response> GetUserPicture(Call& call);
// user_list.cpp
Result<http::Response> GetUsers(Call& call);
// users.cpp
Result<http::Response> PostUsers(Call& call);
Result<http::Response> GetUser(Call& call);
Result<http::Response> PatchUser(Call& call);
Result<http::Response> DeleteUser(Call& call);
Result<http::Response> PutUserRoles(Call& call);
Result<http::Response> PostUserUnlock(Call& call);
Result<http::Response> PostUserPasswordReset(Call& call);
Result<http::Response> PostUserLogout(Call& call);
Result<http::Response> GetUserSessions(Call& call);
// roles.cpp
Result<http::Response> GetRoles(Call& call);
Result<http::Response> PostRoles(Call& call);
Result<http::Response> GetRole(Call& call);
Result<http::Response> PatchRole(Call& call);
Result<http::Response> DeleteRole(Call& call);
Result<http::Response> GetPermissions(Call& call);
Result<http::Response> PostPermissions(Call& call);
Result<http::Response> DeletePermission(Call& call);
// tenants.cpp
Result<http::Response> GetTenants(Call& call);
Result<http::Response> PostTenants(Call& call);
Result<http::Response> GetTenant(Call& call);
Result<http::Response> PatchTenant(Call& call);
Result<http::Response> DeleteTenant(Call& call);
Result<http::Response> GetTenantSettings(Call& call);
Result<http::Response> PatchTenantSettings(Call& call);
// services.cpp
Result<http::Response> PostIntrospect(Call& call);
Result<http::Response> PostRevoke(Call& call);
Result<http::Response> GetServiceCredentials(Call& call);
Result<http::Response> PostServiceCredentials(Call& call);
Result<http::Response> DeleteServiceCredential(Call& call);
// oauth.cpp
Result<http::Response> GetOAuthProviders(Call& call);
Result<http::Response> GetOAuthStart(Call& call);
Result<http::Response> GetOAuthCallback(Call& call);
Result<http::Response> PostOAuthLink(Call& call);
Result<http::Response> DeleteOAuthIdentity(Call& call);
Result<http::Response> GetMyIdentities(Call& call);
// jwks.cpp
Result<http::Response> GetJwks(Call& call);
// attempt_summary.cpp
Result<http::Response> GetAttemptSummary(Call& call);
// outbox.cpp
Result<http::Response> GetOutbox(Call& call);
// records.cpp
Result<http::Response> GetAttempts(Call& call);
Result<http::Response> GetAudit(Call& call);
// openapi.cpp in handlers/ (it reads the route table)
Result<http::Response> GetOpenApi(Call& call);
// operation.cpp
Result<http::Response> GetHealth(Call& call);
Result<http::Response> GetReady(Call& call);
Result<http::Response> GetMetrics(Call& call);

}  // namespace gatehouse::api
