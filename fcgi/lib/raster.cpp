#include "fcgi/lib/raster.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace gatehouse {
namespace {

constexpr std::size_t kChannels = 3;

// Where one output sample comes from: weights, adding up to 1, of the samples from `first` on.
struct Taps {
  int first = 0;
  std::vector<float> weights;
};

// For each of `side` output samples along an axis of `length`, of which the middle `square` count.
std::vector<Taps> MakeTaps(int length, int square, int side) {
  const double margin = (length - square) / 2.0;  // half a pixel where the rest is odd
  const int begin = static_cast<int>(std::floor(margin));
  const int end = static_cast<int>(std::ceil(margin + square));
  const double scale = static_cast<double>(square) / side;
  const double reach = std::max(1.0, scale);
  std::vector<Taps> all(static_cast<std::size_t>(side));
  for (int i = 0; i < side; ++i) {
    Taps& taps = all[static_cast<std::size_t>(i)];
    const double centre = margin + (i + 0.5) * scale;
    taps.first = std::max(begin, static_cast<int>(std::floor(centre - reach)));
    const int last = std::min(end - 1, static_cast<int>(std::ceil(centre + reach)));
    double sum = 0;
    for (int at = taps.first; at <= last; ++at) {
      const double weight = std::max(0.0, 1 - std::abs(at + 0.5 - centre) / reach);
      taps.weights.push_back(static_cast<float>(weight));
      sum += weight;
    }
    for (float& weight : taps.weights) weight = static_cast<float>(weight / sum);
  }
  return all;
}

// One row of the source, `taps.size()` pixels wide afterwards.
void ScaleRow(const std::uint8_t* row, const std::vector<Taps>& taps, std::vector<float>& out) {
  float* to = out.data();
  for (const Taps& pixel : taps) {
    const std::uint8_t* from = row + static_cast<std::size_t>(pixel.first) * kChannels;
    float red = 0, green = 0, blue = 0;
    for (const float weight : pixel.weights) {
      red += weight * from[0];
      green += weight * from[1];
      blue += weight * from[2];
      from += kChannels;
    }
    *to++ = red;
    *to++ = green;
    *to++ = blue;
  }
}

int End(const Taps& taps) { return taps.first + static_cast<int>(taps.weights.size()); }

}  // namespace

Raster CentredSquare(const Raster& image, int side) {
  const int square = std::min(image.width, image.height);
  const std::vector<Taps> across = MakeTaps(image.width, square, side);
  const std::vector<Taps> down = MakeTaps(image.height, square, side);
  const std::size_t stride = static_cast<std::size_t>(image.width) * kChannels;
  const std::size_t row_size = static_cast<std::size_t>(side) * kChannels;

  // Each source row is scaled once and added to the output rows that it belongs to, so that no
  // second picture is kept.
  std::vector<float> sums(row_size * static_cast<std::size_t>(side));
  std::vector<float> row(row_size);
  std::size_t oldest = 0;
  for (int y = down.front().first; y < End(down.back()); ++y) {
    ScaleRow(image.rgb.data() + static_cast<std::size_t>(y) * stride, across, row);
    while (oldest < down.size() && End(down[oldest]) <= y) ++oldest;
    for (std::size_t i = oldest; i < down.size() && down[i].first <= y; ++i) {
      const float weight = down[i].weights[static_cast<std::size_t>(y - down[i].first)];
      float* sum = sums.data() + i * row_size;
      for (std::size_t n = 0; n < row_size; ++n) sum[n] += weight * row[n];
    }
  }

  Raster out{side, side, std::vector<std::uint8_t>(sums.size())};
  std::transform(sums.begin(), sums.end(), out.rgb.begin(), [](float sum) {
    return static_cast<std::uint8_t>(std::clamp(sum + 0.5F, 0.0F, 255.0F));
  });
  return out;
}

Raster Upright(const Raster& square, int orientation) {
  const int last = square.width - 1;
  Raster out{square.width, square.height, std::vector<std::uint8_t>(square.rgb.size())};
  std::uint8_t* to = out.rgb.data();
  for (int y = 0; y <= last; ++y) {
    for (int x = 0; x <= last; ++x) {
      int from_x = x, from_y = y;
      // 5 to 8 are stored lying on their side: rows are columns.
      if (orientation >= 5) std::swap(from_x, from_y);
      if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8) {
        from_x = last - from_x;
      }
      if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7) {
        from_y = last - from_y;
      }
      const std::size_t from =
          (static_cast<std::size_t>(from_y) * static_cast<std::size_t>(square.width) +
           static_cast<std::size_t>(from_x)) *
          kChannels;
      to = std::copy_n(square.rgb.begin() + static_cast<std::ptrdiff_t>(from), kChannels, to);
    }
  }
  return out;
}

}  // namespace gatehouse
