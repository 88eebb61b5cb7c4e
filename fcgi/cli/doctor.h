// `gatehouse doctor`: is everything there that an installation needs, and as it should be?
#pragma once

#include <string>

#include "fcgi/base/result.h"

namespace gatehouse::cli {

// One line a check on standard output. An error where any of them failed.
Status Doctor(const std::string& config_path);

}  // namespace gatehouse::cli
