// Decoded pixels, and what is done to them on the way to a portrait. Pure; no library.
#pragma once

#include <cstdint>
#include <vector>

namespace gatehouse {

// Eight bits a channel, R G B, rows from the top without padding: 3 * width * height bytes.
struct Raster {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgb;
};

// The largest centred square of `image`, scaled to `side` x `side`: a triangle filter as wide as
// an output pixel, so that shrinking averages and enlarging is smooth. Both sides of `image` and
// `side` must be at least 1. Needs about 12 * side * side bytes; the crop costs nothing.
Raster CentredSquare(const Raster& image, int side);

// A square turned and mirrored as EXIF orientation 1 to 8 asks for.
Raster Upright(const Raster& square, int orientation);

}  // namespace gatehouse
