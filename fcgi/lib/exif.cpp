#include "fcgi/lib/exif.h"

#include <libexif/exif-data.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace gatehouse {
namespace {

constexpr std::string_view kHeader("Exif\0\0", 6);
// JPEG cannot hold more in a segment; the other kinds get the same bound.
constexpr std::size_t kMaxExif = 65533;

struct Unref {
  void operator()(ExifData* data) const { exif_data_unref(data); }
};

std::size_t Byte(std::string_view s, std::size_t at) { return static_cast<std::uint8_t>(s[at]); }

// Unsigned numbers of four bytes; the caller has checked that they are there.
std::size_t Big(std::string_view s, std::size_t at) {
  return Byte(s, at) << 24 | Byte(s, at + 1) << 16 | Byte(s, at + 2) << 8 | Byte(s, at + 3);
}
std::size_t Little(std::string_view s, std::size_t at) {
  return Byte(s, at) | Byte(s, at + 1) << 8 | Byte(s, at + 2) << 16 | Byte(s, at + 3) << 24;
}

// The first APP1 segment that is EXIF (XMP is an APP1 too), ahead of the picture itself.
std::string_view InJpeg(std::string_view file) {
  constexpr std::size_t kStartOfScan = 0xDA, kApp1 = 0xE1;
  for (std::size_t at = 2; file.size() - at >= 4 && Byte(file, at) == 0xFF;) {
    const std::size_t marker = Byte(file, at + 1);
    if (marker == 0xFF) {  // fill
      ++at;
      continue;
    }
    const std::size_t length = Byte(file, at + 2) << 8 | Byte(file, at + 3);
    if (marker == kStartOfScan || length < 2 || length > file.size() - at - 2) return {};
    const std::string_view content = file.substr(at + 4, length - 2);
    if (marker == kApp1 && content.starts_with(kHeader)) return content.substr(kHeader.size());
    at += 2 + length;
  }
  return {};
}

std::string_view InPng(std::string_view file) {
  for (std::size_t at = 8; file.size() - at >= 12;) {
    const std::size_t length = Big(file, at);
    if (length > file.size() - at - 12) return {};
    if (file.substr(at + 4, 4) == "eXIf") return file.substr(at + 8, length);
    at += 12 + length;
  }
  return {};
}

std::string_view InWebp(std::string_view file) {
  for (std::size_t at = 12; file.size() - at >= 8;) {
    const std::size_t length = Little(file, at + 4);
    if (length > file.size() - at - 8) return {};
    if (file.substr(at, 4) == "EXIF") {
      std::string_view exif = file.substr(at + 8, length);
      // Some writers put JPEG's header in front, which the format does not want.
      if (exif.starts_with(kHeader)) exif.remove_prefix(kHeader.size());
      return exif;
    }
    const std::size_t padded = length + length % 2;
    if (padded > file.size() - at - 8) return {};
    at += 8 + padded;
  }
  return {};
}

std::string_view Find(std::string_view file, ImageKind kind) {
  switch (kind) {
    case ImageKind::kJpeg:
      return InJpeg(file);
    case ImageKind::kPng:
      return InPng(file);
    case ImageKind::kWebp:
      return InWebp(file);
  }
  return {};
}

}  // namespace

int ExifOrientation(std::string_view file, ImageKind kind) {
  const std::string_view exif = Find(file, kind);
  if (exif.empty() || exif.size() > kMaxExif) return 1;
  const std::string block = std::string(kHeader) + std::string(exif);
  const std::unique_ptr<ExifData, Unref> data(exif_data_new());
  if (!data) return 1;
  // As it stands, not as libexif would repair it.
  exif_data_unset_option(data.get(), EXIF_DATA_OPTION_FOLLOW_SPECIFICATION);
  exif_data_load_data(data.get(), reinterpret_cast<const unsigned char*>(block.data()),
                      static_cast<unsigned>(block.size()));
  const ExifEntry* entry = exif_content_get_entry(data->ifd[EXIF_IFD_0], EXIF_TAG_ORIENTATION);
  if (entry == nullptr || entry->format != EXIF_FORMAT_SHORT || entry->components != 1 ||
      entry->data == nullptr || entry->size < 2) {
    return 1;
  }
  const int orientation = exif_get_short(entry->data, exif_data_get_byte_order(data.get()));
  return orientation >= 1 && orientation <= 8 ? orientation : 1;
}

}  // namespace gatehouse
