// Every request schema and answer schema, declared once (SPEC E5, A5).
#pragma once

#include "fcgi/http/schema.h"

namespace gatehouse::api::schema {

// Requests.
extern const http::Schema kEmpty, kRegister, kVerifyEmail, kAddress, kLogin, kRefresh, kLogoutAll,
    kResetPassword, kChangePassword, kCheck, kTokenForm, kNewCredential, kProfileChange,
    kEmailChange, kPictureForm, kDeleteMe, kNewUser, kUserChange, kRoleIds, kNewRole, kRoleChange,
    kNewPermission, kNewTenant, kTenantChange, kSettingsChange, kChallenge, kEnrol, kConfirm,
    kBothFactors;
// Queries.
extern const http::Schema kOAuthTenant, kOAuthStart, kOAuthCallback, kNoQuery, kPage,
    kAttemptFilter, kOwnAttemptFilter, kRequirement, kUserFilter, kRoleFilter, kPermissionFilter,
    kTenantFilter, kForce, kAuditFilter, kSummaryRange, kOutboxFilter;
// Answers.
extern const http::Schema kOAuthProviderList, kSignInOptions, kOAuthLinkAnswer, kIdentityList,
    kStatusAnswer, kSessionAnswer, kSessionInfo, kSessionEnd, kInfoAnswer, kCsrfAnswer,
    kCheckAnswer, kUserAnswer, kSessionList, kAttemptList, kAttemptSummary, kOutboxList,
    kReadyAnswer, kJwkSet, kIntrospection, kCredentialList, kNewCredentialAnswer, kPictureAnswer,
    kExport, kUserList, kRoleAnswer, kRoleList, kPermissionAnswer, kPermissionList, kTenantAnswer,
    kTenantList, kSettingsAnswer, kAuditList, kLoginAnswer, kEnrolmentAnswer, kRecoveryCodes;

}  // namespace gatehouse::api::schema
