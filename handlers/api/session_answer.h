// What a sign-in answers with, whichever way it went (API.md, "Session answer").
#pragma once

#include <string>

#include "handlers/api/call.h"
#include "handlers/auth/sign_in.h"

namespace gatehouse::api {

// The browser keeps its id wherever it signs in; one without a device cookie gets a new one.
std::string BrowserIdOf(const Call& call);

// The device that `named` (the body's "device", may be empty) says, else the one of the device
// cookie, else a new one.
auth::Device DeviceOf(const Call& call, const http::Fields& named, bool cookie_mode);

// In cookie mode the tokens go into cookies, and the body has the CSRF token instead.
http::Response SessionAnswer(const Call& call, const auth::SessionGrant& grant,
                             const std::string& browser_id);

// A session, or what to do for one: the second factor's challenge.
http::Response AnswerSignIn(const Call& call, const auth::SignInAnswer& answer,
                            const std::string& browser_id);

// The cookies of a session begun in cookie mode, the device's too; returns the CSRF token.
std::string SetSessionCookies(const Call& call, http::Response& response,
                              const auth::SessionGrant& grant, const std::string& browser_id);

}  // namespace gatehouse::api
