// The owner of libexif: how a picture has to be turned to stand upright. Nothing else of EXIF is
// ever read, and none of it is kept.
#pragma once

#include <string_view>

#include "fcgi/lib/image_kind.h"

namespace gatehouse {

// Orientation 1 to 8 as EXIF (tag 0x0112) has it; 1 where none is told or what is told makes no
// sense. Looks in APP1 of JPEG, eXIf of PNG and EXIF of WebP. For hostile input: call it confined.
int ExifOrientation(std::string_view file, ImageKind kind);

}  // namespace gatehouse
