// Does somebody accept TCP connections there?
#pragma once

#include <string>
#include <string_view>

#include "fcgi/base/clock.h"

namespace gatehouse::cli {

// "" where somebody does, else what went wrong. Tries all addresses of the host, each up to
// `timeout`.
std::string ProbeTcp(const std::string& host, const std::string& port, Millis timeout);

struct HostPort {
  std::string host, port;
};
// Of "smtp://host:port", "smtp://[::1]:25"; the scheme's port where there is none.
HostPort SplitSmtpUrl(std::string_view url);

}  // namespace gatehouse::cli
