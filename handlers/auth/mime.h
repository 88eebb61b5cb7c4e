// The form of a mail: header words and parts as RFC 5322, 2045 and 2047 want them. Pure.
#pragma once

#include <string>
#include <string_view>

#include "fcgi/base/clock.h"

namespace gatehouse::auth::mime {

// "Fri, 21 Nov 2026 11:30:28 +0000" (RFC 5322 section 3.3).
std::string Date(TimePoint t);

// Unstructured text for a header: as it is where it is short printable ASCII, else encoded words
// (RFC 2047), folded. Controls are dropped before, so that nothing can end the header.
std::string HeaderText(std::string_view text);

// A display name with its address: "Name" <address>. Name and address cannot leave their place.
std::string Mailbox(std::string_view name, std::string_view address);

// An address without what could end it or the header: controls, space, angle brackets.
std::string CleanAddress(std::string_view address);

// The header fields and the body of one part. `text` has LF lines; the part has CRLF lines, 7bit
// where it is ASCII with lines under 900 bytes, else quoted-printable. `subtype`: "plain", "html".
std::string TextPart(std::string_view subtype, std::string_view text);

// `text` for the inside of HTML, between tags or in a quoted attribute.
std::string EscapeHtml(std::string_view text);

}  // namespace gatehouse::auth::mime
