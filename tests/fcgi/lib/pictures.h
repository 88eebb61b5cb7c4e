// Picture files for tests: made with gd, another library than the one under test, or byte by byte.
#pragma once

#include <gd.h>
#include <zlib.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::testing {

struct GdFree {
  void operator()(gdImage* image) const { gdImageDestroy(image); }
};
using Gd = std::unique_ptr<gdImage, GdFree>;

inline Gd Canvas(int width, int height) {
  Gd image(gdImageCreateTrueColor(width, height));
  gdImageAlphaBlending(image.get(), 0);
  gdImageSaveAlpha(image.get(), 1);
  return image;
}

inline std::string Taken(void* bytes, int size) {
  std::string out(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
  gdFree(bytes);
  return out;
}

inline std::string Jpeg(const Gd& image) {
  int size = 0;
  void* bytes = gdImageJpegPtr(image.get(), &size, 95);
  return Taken(bytes, size);
}
inline std::string Png(const Gd& image) {
  int size = 0;
  void* bytes = gdImagePngPtr(image.get(), &size);
  return Taken(bytes, size);
}
inline std::string Webp(const Gd& image) {
  int size = 0;
  void* bytes = gdImageWebpPtrEx(image.get(), &size, gdWebpLossless);
  return Taken(bytes, size);
}
inline std::string LossyWebp(const Gd& image) {
  int size = 0;
  void* bytes = gdImageWebpPtrEx(image.get(), &size, 90);
  return Taken(bytes, size);
}

// Null where gd cannot read it.
inline Gd ReadJpeg(const std::string& file) {
  return Gd(
      gdImageCreateFromJpegPtrEx(static_cast<int>(file.size()), const_cast<char*>(file.data()), 0));
}

// Numbers of `bytes` bytes.
inline std::string Big(std::uint64_t n, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(n >> (8 * i));
  return out;
}
inline std::string Little(std::uint64_t n, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(n >> (8 * i));
  return out;
}

inline std::string PngChunk(const std::string& type, const std::string& data) {
  const std::string body = type + data;
  const auto crc =
      crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return Big(data.size(), 4) + body + Big(crc, 4);
}

inline const std::string kPngMagic("\x89PNG\r\n\x1A\n", 8);

inline std::string PngHeader(std::uint64_t width, std::uint64_t height, int colour_type = 6) {
  return kPngMagic + PngChunk("IHDR", Big(width, 4) + Big(height, 4) + '\x08' +
                                          static_cast<char>(colour_type) + std::string(3, '\0'));
}

// `size` zeros as zlib packs them, without ever having them in memory.
inline std::string PackedZeros(std::uint64_t size) {
  z_stream stream{};
  deflateInit(&stream, 1);
  std::vector<Bytef> zeros(1 << 16), chunk(1 << 16);
  std::string out;
  for (bool last = false; !last;) {
    const std::uint64_t n = size < zeros.size() ? size : zeros.size();
    size -= n;
    last = size == 0;
    stream.next_in = zeros.data();
    stream.avail_in = static_cast<uInt>(n);
    do {
      stream.next_out = chunk.data();
      stream.avail_out = static_cast<uInt>(chunk.size());
      deflate(&stream, last ? Z_FINISH : Z_NO_FLUSH);
      out.append(reinterpret_cast<const char*>(chunk.data()), chunk.size() - stream.avail_out);
    } while (stream.avail_out == 0);
  }
  deflateEnd(&stream);
  return out;
}

// All pixels black and transparent.
inline std::string EmptyPng(std::uint64_t width, std::uint64_t height) {
  return PngHeader(width, height) + PngChunk("IDAT", PackedZeros((width * 4 + 1) * height)) +
         PngChunk("IEND", "");
}

inline std::string RiffChunk(const std::string& type, const std::string& data) {
  return type + Little(data.size(), 4) + data + std::string(data.size() % 2, '\0');
}

// The extended form of a plain WebP file.
inline std::string ExtendedWebp(const std::string& plain, std::uint64_t width, std::uint64_t height,
                                int flags, const std::string& more = {}) {
  const std::string body = "WEBP" +
                           RiffChunk("VP8X", Little(static_cast<std::uint64_t>(flags), 4) +
                                                 Little(width - 1, 3) + Little(height - 1, 3)) +
                           plain.substr(12) + more;
  return "RIFF" + Little(body.size(), 4) + body;
}

// An EXIF block (TIFF): a camera's name, the orientation, and a position.
inline std::string Exif(int orientation, bool big_endian = false) {
  const auto number = [big_endian](std::uint64_t n, int bytes) {
    return big_endian ? Big(n, bytes) : Little(n, bytes);
  };
  const auto entry = [&](int tag, int type, std::uint64_t count, const std::string& value) {
    return number(static_cast<std::uint64_t>(tag), 2) +
           number(static_cast<std::uint64_t>(type), 2) + number(count, 4) + value;
  };
  const auto o = static_cast<std::uint64_t>(orientation);
  // Header 8, first directory 2 + 3 * 12 + 4 = 42: the name at 50, the position at 66.
  std::string out = big_endian ? std::string("MM\0*", 4) : std::string("II*\0", 4);
  out += number(8, 4) + number(3, 2);
  out += entry(0x010F, 2, 16, number(50, 4));
  out += entry(0x0112, 3, 1, number(o, 2) + number(0, 2));
  out += entry(0x8825, 4, 1, number(66, 4));
  out += number(0, 4) + std::string("SecretCamera 123", 16);
  out += number(2, 2);
  out += entry(1, 2, 2, std::string("N\0\0\0", 4));
  out += entry(2, 5, 3, number(96, 4));
  out += number(0, 4);
  for (const std::uint64_t n : {52, 1, 31, 1, 12, 1}) out += number(n, 4);
  return out;
}

inline std::string App1(const std::string& content) {
  return "\xFF\xE1" + Big(content.size() + 2, 2) + content;
}
inline std::string JpegWithExif(const std::string& jpeg, const std::string& exif) {
  return jpeg.substr(0, 2) + App1(std::string("Exif\0\0", 6) + exif) + jpeg.substr(2);
}
inline std::string PngWithChunk(const std::string& png, const std::string& chunk) {
  return png.substr(0, 33) + chunk + png.substr(33);  // behind IHDR
}
inline std::string PngWithExif(const std::string& png, const std::string& exif) {
  return PngWithChunk(png, PngChunk("eXIf", exif));
}
inline std::string WebpWithExif(const std::string& webp, std::uint64_t width, std::uint64_t height,
                                const std::string& exif) {
  constexpr int kExifFlag = 8;
  return ExtendedWebp(webp, width, height, kExifFlag, RiffChunk("EXIF", exif));
}

// The same JPEG, saying that it has other dimensions.
inline std::string JpegSaying(std::string jpeg, std::uint64_t width, std::uint64_t height) {
  const std::size_t at = jpeg.find("\xFF\xC0");
  return jpeg.replace(at + 5, 4, Big(height, 2) + Big(width, 2));
}

// One colour in each quarter, none of them twice, so that every turn can be told from the others.
inline constexpr std::array<int, 4> kQuarters = {0xE00000, 0x00C000, 0x0000E0, 0xE0C000};

inline int QuarterColour(int x, int y, int width, int height) {
  return kQuarters[static_cast<std::size_t>((y * 2 >= height ? 2 : 0) + (x * 2 >= width ? 1 : 0))];
}

inline Gd Quarters(int width, int height) {
  Gd image = Canvas(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      gdImageSetPixel(image.get(), x, y, QuarterColour(x, y, width, height));
    }
  }
  return image;
}

// What a camera held as `orientation` says stores of a `width` x `height` view in four quarters.
// From the words of EXIF 2.3, 4.6.4: which visual side row 0 and column 0 are.
inline Gd Stored(int width, int height, int orientation) {
  const bool lying = orientation >= 5;
  Gd image = lying ? Canvas(height, width) : Canvas(width, height);
  for (int row = 0; row < gdImageSY(image.get()); ++row) {
    for (int column = 0; column < gdImageSX(image.get()); ++column) {
      const int right = width - 1, bottom = height - 1;
      int x = 0, y = 0;
      switch (orientation) {
        case 1:
          x = column, y = row;
          break;  // row 0 top, column 0 left
        case 2:
          x = right - column, y = row;
          break;  // top, right
        case 3:
          x = right - column, y = bottom - row;
          break;  // bottom, right
        case 4:
          x = column, y = bottom - row;
          break;  // bottom, left
        case 5:
          x = row, y = column;
          break;  // left, top
        case 6:
          x = right - row, y = column;
          break;  // right, top
        case 7:
          x = right - row, y = bottom - column;
          break;  // right, bottom
        default:
          x = row, y = bottom - column;
          break;  // 8: left, bottom
      }
      gdImageSetPixel(image.get(), column, row, QuarterColour(x, y, width, height));
    }
  }
  return image;
}

}  // namespace gatehouse::testing
