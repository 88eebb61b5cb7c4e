#include "fcgi/lib/image.h"

#include <fcntl.h>
#include <png.h>
#include <sys/file.h>
#include <turbojpeg.h>
#include <unistd.h>
#include <webp/decode.h>

#include <algorithm>
#include <memory>
#include <thread>
#include <vector>

#include "fcgi/lib/confined.h"
#include "fcgi/lib/exif.h"
#include "fcgi/lib/image_kind.h"
#include "fcgi/lib/raster.h"

namespace gatehouse {
namespace {

constexpr int kQuality = 88;
// A decoder that can shrink while it decodes leaves at least this much of the shorter side, so that
// the last step to 512 is still an average of several pixels.
constexpr int kEnough = 2 * kPortraitSide;

// 40 megapixels need, measured: JPEG 16 MiB, PNG 120, lossless WebP 160, progressive JPEG 240 (its
// coefficients), and half a second of processor time; the rest is for slower machines.
constexpr Confinement kLimits = {.memory = 448U << 20, .cpu = Seconds(3), .output = 1U << 20};
constexpr Millis kPatience{10'000};

// One picture at a time on a host: however many are sent, the other workers of the pool have people
// to sign in. Held by a lock on the program's own file, which all its workers have in common.
class Turn {
 public:
  explicit Turn(const Deadline& deadline) : fd_(open("/proc/self/exe", O_RDONLY | O_CLOEXEC)) {
    while (fd_ >= 0 && flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      if (deadline.Expired()) return;
      std::this_thread::sleep_for(kStep);
    }
    mine_ = fd_ >= 0;
  }
  ~Turn() {
    if (fd_ >= 0) close(fd_);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  bool mine() const { return mine_; }

 private:
  static constexpr Millis kStep{20};
  int fd_;
  bool mine_ = false;
};
constexpr Millis kQueue{2000};

Error Refused(std::string why) {
  return MakeError(ErrorCode::kUnsupportedImage, "image: " + std::move(why));
}

const std::uint8_t* Bytes(std::string_view file) {
  return reinterpret_cast<const std::uint8_t*>(file.data());
}

// Before anything of that size is allocated or decoded.
Status CheckSize(std::uint64_t width, std::uint64_t height) {
  if (width < 1 || height < 1 || width > kMaxPictureSide || height > kMaxPictureSide ||
      width * height > kMaxPicturePixels) {
    return Refused("dimensions");
  }
  return {};
}

Raster Blank(int width, int height) {
  const std::size_t pixels = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  return {width, height, std::vector<std::uint8_t>(pixels * 3)};
}

struct TurboDestroy {
  void operator()(void* handle) const { tjDestroy(handle); }
};
using Turbo = std::unique_ptr<void, TurboDestroy>;

Result<Raster> DecodeJpeg(std::string_view file) {
  const Turbo turbo(tjInitDecompress());
  if (!turbo) return Refused("no memory");
  int width = 0, height = 0, subsampling = 0, colours = 0;
  if (tjDecompressHeader3(turbo.get(), Bytes(file), file.size(), &width, &height, &subsampling,
                          &colours) != 0) {
    return Refused(tjGetErrorStr2(turbo.get()));
  }
  if (width < 1 || height < 1) return Refused("dimensions");
  GH_TRY(CheckSize(static_cast<std::uint64_t>(width), static_cast<std::uint64_t>(height)));
  if (colours == TJCS_CMYK || colours == TJCS_YCCK) return Refused("CMYK");
  // The inverse transform can give a half, a quarter or an eighth of the size at once.
  tjscalingfactor scale{1, 8};
  while (scale.denom > 1 && std::min(width, height) / scale.denom < kEnough) scale.denom /= 2;
  Raster image = Blank(TJSCALED(width, scale), TJSCALED(height, scale));
  if (tjDecompress2(turbo.get(), Bytes(file), file.size(), image.rgb.data(), image.width, 0,
                    image.height, TJPF_RGB, TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS) != 0) {
    return Refused(tjGetErrorStr2(turbo.get()));
  }
  return image;
}

Result<Raster> DecodePng(std::string_view file) {
  struct Reader : png_image {
    Reader() : png_image{} { version = PNG_IMAGE_VERSION; }
    ~Reader() { png_image_free(this); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
  } reader;
  if (png_image_begin_read_from_memory(&reader, file.data(), file.size()) == 0) {
    return Refused(reader.message);
  }
  GH_TRY(CheckSize(reader.width, reader.height));
  reader.format = PNG_FORMAT_RGB;
  Raster image = Blank(static_cast<int>(reader.width), static_cast<int>(reader.height));
  const png_color white{255, 255, 255};
  if (png_image_finish_read(&reader, &white, image.rgb.data(), 0, nullptr) == 0) {
    return Refused(reader.message);
  }
  return image;
}

Result<Raster> DecodeWebp(std::string_view file) {
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0 ||
      WebPGetFeatures(Bytes(file), file.size(), &config.input) != VP8_STATUS_OK) {
    return Refused("WebP header");
  }
  int width = config.input.width, height = config.input.height;
  if (config.input.has_animation != 0) return Refused("animation");
  if (width < 1 || height < 1) return Refused("dimensions");
  GH_TRY(CheckSize(static_cast<std::uint64_t>(width), static_cast<std::uint64_t>(height)));
  if (const int shorter = std::min(width, height); shorter > kEnough) {
    // 64 bits: 32,767 x 1024 stays far below, but nothing depends on it.
    const auto shrunk = [shorter](int n) {
      return static_cast<int>(static_cast<std::int64_t>(n) * kEnough / shorter);
    };
    width = shrunk(width);
    height = shrunk(height);
    config.options.use_scaling = 1;
    config.options.scaled_width = width;
    config.options.scaled_height = height;
  }
  const std::size_t pixels = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  std::vector<std::uint8_t> rgba(pixels * 4);
  config.output.colorspace = MODE_rgbA;  // colours multiplied by alpha
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = rgba.data();
  config.output.u.RGBA.stride = width * 4;
  config.output.u.RGBA.size = rgba.size();
  const VP8StatusCode status = WebPDecode(Bytes(file), file.size(), &config);
  WebPFreeDecBuffer(&config.output);
  if (status != VP8_STATUS_OK) return Refused("WebP status " + std::to_string(status));

  Raster image = Blank(width, height);
  for (std::size_t i = 0; i < pixels; ++i) {
    const std::uint8_t* from = rgba.data() + i * 4;
    const int white = 255 - from[3];
    for (std::size_t c = 0; c < 3; ++c) {
      image.rgb[i * 3 + c] = static_cast<std::uint8_t>(std::min(from[c] + white, 255));
    }
  }
  return image;
}

Result<Raster> Decode(std::string_view file, ImageKind kind) {
  switch (kind) {
    case ImageKind::kJpeg:
      return DecodeJpeg(file);
    case ImageKind::kPng:
      return DecodePng(file);
    case ImageKind::kWebp:
      return DecodeWebp(file);
  }
  return Refused("kind");
}

Result<std::string> EncodeJpeg(const Raster& image) {
  const Turbo turbo(tjInitCompress());
  if (!turbo) return Refused("no memory");
  unsigned long size = tjBufSize(image.width, image.height, TJSAMP_420);
  std::string out(size, '\0');
  auto* to = reinterpret_cast<unsigned char*>(out.data());
  if (tjCompress2(turbo.get(), image.rgb.data(), image.width, 0, image.height, TJPF_RGB, &to, &size,
                  TJSAMP_420, kQuality, TJFLAG_NOREALLOC) != 0) {
    return Refused(tjGetErrorStr2(turbo.get()));
  }
  out.resize(size);
  return out;
}

}  // namespace

Result<std::string> MakePortraitUnconfined(std::string_view file) {
  const auto kind = SniffImage(file);
  if (!kind) return Refused("neither JPEG, PNG nor WebP");
  const auto square = [&]() -> Result<Raster> {
    GH_ASSIGN(const Raster image, Decode(file, *kind));
    return CentredSquare(image, kPortraitSide);
  }();
  if (!square.ok()) return square.error();
  return EncodeJpeg(Upright(*square, ExifOrientation(file, *kind)));
}

Result<std::string> MakePortrait(std::string_view file, const Deadline& deadline) {
  if (file.size() > kMaxPictureBytes) return MakeError(ErrorCode::kBodyTooLarge, "image: bytes");
  // What is no picture at all costs no process.
  if (!SniffImage(file)) return Refused("neither JPEG, PNG nor WebP");
  const Turn turn(deadline.Within(kQueue));
  if (!turn.mine()) return RetryLater(ErrorCode::kUnavailable, 2, "image: others are before");
  GH_ASSIGN(ConfinedResult result, RunConfined(kLimits, deadline.Within(kPatience),
                                               [file] { return MakePortraitUnconfined(file); }));
  if (!result.done) return MakeError(ErrorCode::kUnsupportedImage, std::move(result.bytes));
  // Believed only as far as a portrait goes, whatever became of the child.
  if (SniffImage(result.bytes) != ImageKind::kJpeg || !result.bytes.ends_with("\xFF\xD9")) {
    return Refused("the child made no JPEG");
  }
  return std::move(result.bytes);
}

}  // namespace gatehouse
