// Profile pictures (SPEC U4): a person sets and removes their own, people of the tenant see it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "handlers/auth/principal.h"
#include "handlers/auth/services.h"
#include "sql/store/users.h"

namespace gatehouse::auth {

// What fcgi/lib/image.h makes of `file`. kUnsupportedImage, kBodyTooLarge.
Result<store::User> SetPicture(Services& services, const Caller& caller, const Principal& who,
                               std::string_view file);
// Fine where there is none.
Status RemovePicture(Services& services, const Caller& caller, const Principal& who);

struct Picture {
  std::string etag;   // a strong one, with quotes (RFC 9110 section 8.8.3)
  std::string image;  // "" where the caller has it already
};
// kNotFound where there is no such user, or no picture. `if_none_match` as in the
// request header.
Result<Picture> FindPicture(Services& services, const Caller& caller, TenantId tenant, UserId user,
                            std::string_view if_none_match);

}  // namespace gatehouse::auth
