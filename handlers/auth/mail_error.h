// What a mail server said of a message, fit to be shown to a tenant's administrator (SPEC W3).
// Pure.
//
// Servers quote what they refuse: a line of the message with its link or its password, an address
// that mail is forwarded to, their own hosts and queues. What was recorded is kept as it is for
// whoever runs the server; shown are the words that can be none of that.
#pragma once

#include <string>
#include <string_view>

namespace gatehouse::auth {

// At most 255 characters, printable ASCII. Each word that is neither a plain word of one case nor
// a code of digits becomes "[...]".
std::string ShownMailError(std::string_view recorded);

}  // namespace gatehouse::auth
