// The owner of the image libraries (libjpeg-turbo, libpng, libwebp): a stranger's file becomes a
// portrait of ours (SPEC U4).
//
// The kind is told by content: JPEG, PNG or WebP, nothing else. Dimensions are read from the
// header and capped before anything is decoded. The picture is flattened on white, the centred
// square is scaled to 512 x 512, turned upright as EXIF asks, and encoded anew as baseline JPEG:
// pixels are all that passes, no metadata, no trailing bytes.
//
// Refused, too: animations, CMYK, and JPEGs with any warning of the decoder (cut off, corrupt, more
// than 500 scans).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fcgi/base/clock.h"
#include "fcgi/base/result.h"

namespace gatehouse {

inline constexpr std::size_t kMaxPictureBytes = 5 * 1024 * 1024;
inline constexpr std::uint64_t kMaxPicturePixels = 40'000'000;
inline constexpr std::uint32_t kMaxPictureSide = 32'767;
inline constexpr int kPortraitSide = 512;  // pixels
inline constexpr std::string_view kPortraitType = "image/jpeg";

// The portrait of `file`, made in a confined child (fcgi/lib/confined.h): the caller's memory and
// life are not at stake. Takes up to 10 s, or until `deadline` where that is nearer. Errors:
// kBodyTooLarge over kMaxPictureBytes; kUnsupportedImage (also where the child died); kTimeout;
// kUnavailable where no child can be made.
Result<std::string> MakePortrait(std::string_view file, const Deadline& deadline);

// The same without a child and its limits, errors kUnsupportedImage only; may throw
// std::bad_alloc. For the child and for tests.
Result<std::string> MakePortraitUnconfined(std::string_view file);

}  // namespace gatehouse
