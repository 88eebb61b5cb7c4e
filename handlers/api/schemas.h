// Every request schema and answer schema, declared once (SPEC E5, A5).
#pragma once

#include "fcgi/http/schema.h"

namespace gatehouse::api::schema {

// Requests.
extern const http::Schema kEmpty, kRegister, kVerifyEmail, kAddress, kLogin, kRefresh, kLogoutAll,
    kResetPassword, kChangePassword, kCheck;
// Queries.
extern const http::Schema kNoQuery, kPage, kAttemptFilter, kOwnAttemptFilter, kRequirement;
// Answers.
extern const http::Schema kStatusAnswer, kSessionAnswer, kSessionInfo, kInfoAnswer, kCsrfAnswer,
    kCheckAnswer, kUserAnswer, kSessionList, kAttemptList, kReadyAnswer;

}  // namespace gatehouse::api::schema
