// Permissions (SPEC R1, R3): module:resource:action, "*" for any segment, an optional fourth
// segment "own" that holds only for what the caller owns, and ALL_PERMISSIONS. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "fcgi/base/text_list.h"

namespace gatehouse::auth {

inline constexpr std::string_view kAllPermissions = "ALL_PERMISSIONS";

// Three segments of [a-z0-9_-]{1,60} or "*", optionally ":own"; or ALL_PERMISSIONS.
bool IsGrant(std::string_view permission);
// Three segments without wildcards, optionally ":own": what can be asked for.
bool IsQuestion(std::string_view permission);

// Does one grant cover the question? `owns`: the caller owns the resource in question.
// A question "m:r:a:own" is covered by m:r:a and by m:r:a:own (asking for it says: of mine).
bool Covers(std::string_view grant, std::string_view question, bool owns);

// Does somebody who holds `grants` hold everything that `other` would give (SPEC R4)?
bool CoversGrant(std::span<const std::string> grants, std::string_view other);

// Does any of `grants` (sorted) cover it? A malformed question is covered by nothing.
bool Allows(const TextList& grants, std::string_view question, bool owns);

}  // namespace gatehouse::auth
