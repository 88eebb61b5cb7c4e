// QR codes: libqrencode makes the squares, this draws them, black on white with the margin of four
// squares that readers want.
#pragma once

#include <string>
#include <string_view>

#include "fcgi/base/result.h"

namespace gatehouse {

// kInternal where `text` does not fit into one (2953 bytes, with the least error correction).
struct QrPictures {
  std::string svg;  // a document of its own, without style, script or outside reference
  std::string png;  // the file
};
Result<QrPictures> DrawQr(std::string_view text);

}  // namespace gatehouse
