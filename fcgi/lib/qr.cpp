#include "fcgi/lib/qr.h"

#include <png.h>
#include <qrencode.h>

#include <cerrno>
#include <climits>
#include <cstdint>
#include <memory>
#include <vector>

namespace gatehouse {
namespace {

struct FreeCode {
  void operator()(QRcode* code) const { QRcode_free(code); }
};
using Code = std::unique_ptr<QRcode, FreeCode>;

constexpr int kMargin = 4;  // squares
constexpr int kScale = 6;   // pixels a square

Code Encode(std::string_view text) {
  if (text.empty() || text.size() > INT_MAX) return nullptr;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  // As much error correction as there is room for.
  for (const auto level : {QR_ECLEVEL_M, QR_ECLEVEL_L}) {
    Code code(QRcode_encodeData(static_cast<int>(text.size()), bytes, 0, level));
    if (code != nullptr) return code;
  }
  return nullptr;
}

bool IsDark(const QRcode& code, int x, int y) { return (code.data[y * code.width + x] & 1U) != 0; }

std::string Svg(const QRcode& code) {
  const std::string side = std::to_string(code.width + 2 * kMargin);
  std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ";
  out.append(side).append(" ").append(side);
  out += "\" shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h";
  out.append(side).append("v").append(side).append("H0z\"/><path fill=\"#000\" d=\"");
  for (int y = 0; y < code.width; ++y) {
    for (int x = 0; x < code.width; ++x) {
      int run = 0;
      while (x + run < code.width && IsDark(code, x + run, y)) ++run;
      if (run == 0) continue;
      const std::string width = std::to_string(run);
      out.append("M").append(std::to_string(x + kMargin)).append(" ");
      out.append(std::to_string(y + kMargin)).append("h").append(width).append("v1h-");
      out.append(width).append("z");
      x += run;
    }
  }
  return out + "\"/></svg>";
}

Result<std::string> Png(const QRcode& code) {
  const int side = (code.width + 2 * kMargin) * kScale;
  const auto width = static_cast<std::size_t>(side);
  std::vector<std::uint8_t> pixels(width * width, 255);
  for (int y = 0; y < code.width * kScale; ++y) {
    for (int x = 0; x < code.width * kScale; ++x) {
      if (!IsDark(code, x / kScale, y / kScale)) continue;
      pixels[static_cast<std::size_t>(y + kMargin * kScale) * width +
             static_cast<std::size_t>(x + kMargin * kScale)] = 0;
    }
  }
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = image.height = static_cast<png_uint_32>(side);
  image.format = PNG_FORMAT_GRAY;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string out(size, '\0');
  const int done =
      png_image_write_to_memory(&image, out.data(), &size, 0, pixels.data(), side, nullptr);
  png_image_free(&image);
  if (done == 0) return MakeError(ErrorCode::kInternal, "libpng");
  out.resize(size);
  return out;
}

}  // namespace

Result<QrPictures> DrawQr(std::string_view text) {
  const Code code = Encode(text);
  if (code == nullptr) return MakeError(ErrorCode::kInternal, "text does not fit into a QR code");
  GH_ASSIGN(std::string png, Png(*code));
  return QrPictures{Svg(*code), std::move(png)};
}

}  // namespace gatehouse
