// Looks at the bytes of a FastCGI request before libfcgi may read them.
//
// libfcgi blocks until a request's parameters are complete, allocates whatever length a parameter
// claims, overruns a 64-byte buffer on a FCGI_GET_VALUES that repeats a name, and forgets what it
// has read past the end of a request. All of that is harmless once it is given only what this has
// accepted: one BEGIN_REQUEST for a responder, its PARAMS, its STDIN, nothing between them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gatehouse::http {

inline constexpr std::size_t kMaxParams = 64 * 1024;  // bytes of PARAMS content, all together

enum class Arrival {
  kPartial,  // acceptable so far; the parameters are not complete
  kHead,     // the parameters are complete, the body is not
  kWhole,    // complete
  kRefused,  // not a request that we take
};

struct Framing {
  Arrival arrival = Arrival::kPartial;
  std::size_t size = 0;     // kWhole: the length of the request; what follows is another one
  const char* reason = "";  // kRefused: for the log
};

// `bytes` is the beginning of what a connection holds. `scratch` is room for parameters that come
// in several records; its contents do not matter.
Framing Inspect(std::string_view bytes, std::string& scratch);

}  // namespace gatehouse::http
