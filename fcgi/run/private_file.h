// Files that hold secrets: what is checked before one is read.
#pragma once

#include <string>

#include "fcgi/base/result.h"

namespace gatehouse {

// The whole of a regular file of at most 1 MiB. Refused where group or others may read or write
// it. A file in $CREDENTIALS_DIRECTORY (systemd LoadCredential) may show the group's read bit: it
// is the mask of the one ACL entry by which systemd lets the service read it. The caller wipes the
// text (Wipe in fcgi/base/secret.h). The error (kInternal) names the file.
Result<std::string> ReadPrivateFile(const std::string& path);

}  // namespace gatehouse
