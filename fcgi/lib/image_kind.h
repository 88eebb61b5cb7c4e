// What a picture file is, by its first bytes; its name and declared type are not asked.
#pragma once

#include <optional>
#include <string_view>

namespace gatehouse {

enum class ImageKind { kJpeg, kPng, kWebp };

inline std::optional<ImageKind> SniffImage(std::string_view file) {
  using namespace std::string_view_literals;
  if (file.starts_with("\xFF\xD8\xFF"sv)) return ImageKind::kJpeg;
  if (file.starts_with("\x89PNG\r\n\x1A\n"sv)) return ImageKind::kPng;
  if (file.starts_with("RIFF"sv) && file.size() >= 12 && file.substr(8, 4) == "WEBP"sv) {
    return ImageKind::kWebp;
  }
  return std::nullopt;
}

}  // namespace gatehouse
