#include "fcgi/lib/image.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <turbojpeg.h>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "fcgi/lib/exif.h"
#include "tests/fcgi/lib/pictures.h"

namespace gatehouse {
namespace {

using namespace gatehouse::testing;

const Deadline kNever = Deadline::Never();

bool Refused(const std::string& file, ErrorCode code = ErrorCode::kUnsupportedImage) {
  const auto result = MakePortrait(file, kNever);
  return !result.ok() && result.error().code == code && !result.error().inner.empty();
}

std::string Portrait(const std::string& file) {
  auto result = MakePortrait(file, kNever);
  if (!result.ok()) ADD_FAILURE() << result.error().inner;
  return result.ok() ? *result : std::string();
}

int At(const Gd& image, int x, int y) { return gdImageGetTrueColorPixel(image.get(), x, y); }

// Every channel within what JPEG and scaling may change.
bool Near(int a, int b, int tolerance = 14) {
  return std::abs(gdTrueColorGetRed(a) - gdTrueColorGetRed(b)) <= tolerance &&
         std::abs(gdTrueColorGetGreen(a) - gdTrueColorGetGreen(b)) <= tolerance &&
         std::abs(gdTrueColorGetBlue(a) - gdTrueColorGetBlue(b)) <= tolerance;
}

std::string Markers(const std::string& jpeg) {
  std::string out;
  for (std::size_t at = 2; at + 4 <= jpeg.size();) {
    const int marker = static_cast<unsigned char>(jpeg[at + 1]);
    char hex[4];
    std::snprintf(hex, sizeof hex, "%02x ", static_cast<unsigned>(marker));
    out += hex;
    if (marker == 0xDA) break;
    at += 2 + static_cast<std::size_t>(static_cast<unsigned char>(jpeg[at + 2]) << 8 |
                                       static_cast<unsigned char>(jpeg[at + 3]));
  }
  return out;
}

// A portrait and nothing else: 512 x 512, readable, JFIF's own header the only one, no byte behind
// its end.
bool IsClean(const std::string& portrait) {
  const Gd image = ReadJpeg(portrait);
  if (!image || gdImageSX(image.get()) != 512 || gdImageSY(image.get()) != 512) return false;
  const std::string markers = Markers(portrait);
  for (const char* metadata : {"e1", "e2", "ed", "ee", "fe"}) {
    if (markers.find(metadata) != std::string::npos) return false;
  }
  // Within coded data FF is followed by 00 or a restart marker, so the first FF D9 is the end.
  return portrait.find("\xFF\xD9") == portrait.size() - 2;
}

// The quarters stand where they should; off the edges between them each pixel is exact enough.
void ExpectQuarters(const std::string& portrait, const std::string& what) {
  ASSERT_TRUE(IsClean(portrait)) << what;
  const Gd image = ReadJpeg(portrait);
  int wrong = 0;
  for (int y = 0; y < 512; ++y) {
    for (int x = 0; x < 512; ++x) {
      if (std::abs(x - 256) < 24 || std::abs(y - 256) < 24) continue;
      if (!Near(At(image, x, y), QuarterColour(x, y, 512, 512))) ++wrong;
    }
  }
  EXPECT_EQ(wrong, 0) << what;
}

TEST(Image, U4_EachKindBecomesASquareJpeg) {
  for (const auto& [width, height] : {std::pair(512, 512), std::pair(640, 480), std::pair(300, 701),
                                      std::pair(40, 30), std::pair(1601, 1200)}) {
    const Gd image = Quarters(width, height);
    const std::string size = std::to_string(width) + "x" + std::to_string(height);
    ExpectQuarters(Portrait(Jpeg(image)), "jpeg " + size);
    ExpectQuarters(Portrait(Png(image)), "png " + size);
    ExpectQuarters(Portrait(Webp(image)), "webp " + size);
    if (width < 300) continue;  // its colours are too coarse for the edges
    ExpectQuarters(Portrait(LossyWebp(image)), "lossy webp " + size);
  }
}

TEST(Image, U4_LargePicturesShrinkEvenly) {
  const Gd image = Quarters(5000, 3001);
  ExpectQuarters(Portrait(Jpeg(image)), "jpeg");
  ExpectQuarters(Portrait(Png(image)), "png");
  ExpectQuarters(Portrait(Webp(image)), "webp");
}

TEST(Image, ExtremeShapes) {
  for (const auto& [width, height] : {std::pair(1, 1), std::pair(1, 2), std::pair(2, 1),
                                      std::pair(16383, 1), std::pair(1, 16383)}) {
    const Gd image = Canvas(width, height);
    gdImageFilledRectangle(image.get(), 0, 0, width - 1, height - 1, 0x3060C0);
    for (const std::string& file : {Jpeg(image), Png(image), Webp(image)}) {
      const std::string portrait = Portrait(file);
      ASSERT_TRUE(IsClean(portrait)) << width << "x" << height;
      EXPECT_TRUE(Near(At(ReadJpeg(portrait), 256, 256), 0x3060C0)) << width << "x" << height;
    }
  }
}

// The middle is kept and the sides go: nothing of them bleeds in.
TEST(Image, U4_TheCropIsCentred) {
  for (const bool wide : {true, false}) {
    const Gd image = wide ? Canvas(1000, 400) : Canvas(400, 1000);
    gdImageFilledRectangle(image.get(), 0, 0, 999, 999, 0xFF0000);
    if (wide) {
      gdImageFilledRectangle(image.get(), 300, 0, 699, 399, 0x0000FF);
    } else {
      gdImageFilledRectangle(image.get(), 0, 300, 399, 699, 0x0000FF);
    }
    const Gd portrait = ReadJpeg(Portrait(Png(image)));
    for (const int x : {0, 100, 256, 511}) {
      for (const int y : {0, 100, 256, 511}) {
        EXPECT_TRUE(Near(At(portrait, x, y), 0x0000FF)) << x << "," << y;
      }
    }
  }
}

// Averaged, not sampled: fine stripes become grey.
TEST(Image, ShrinkingAverages) {
  const Gd image = Canvas(4096, 4096);
  for (int y = 0; y < 4096; ++y) {
    for (int x = 0; x < 4096; ++x) {
      gdImageSetPixel(image.get(), x, y, (x + y) % 2 != 0 ? 0xFFFFFF : 0);
    }
  }
  const Gd portrait = ReadJpeg(Portrait(Png(image)));
  for (int at = 0; at < 512; at += 7) EXPECT_TRUE(Near(At(portrait, at, 100), 0x7F7F7F, 4)) << at;
}

TEST(Image, U4_TransparencyBecomesWhite) {
  const Gd image = Canvas(600, 600);
  gdImageFilledRectangle(image.get(), 0, 0, 599, 299, gdTrueColorAlpha(255, 0, 0, 127));
  gdImageFilledRectangle(image.get(), 0, 300, 599, 599, gdTrueColorAlpha(0, 0, 255, 0));
  for (const std::string& file : {Png(image), Webp(image)}) {
    const Gd portrait = ReadJpeg(Portrait(file));
    EXPECT_TRUE(Near(At(portrait, 100, 100), 0xFFFFFF));
    EXPECT_TRUE(Near(At(portrait, 100, 400), 0x0000FF));
  }
  const Gd half = Canvas(600, 600);
  gdImageFilledRectangle(half.get(), 0, 0, 599, 599, gdTrueColorAlpha(255, 0, 0, 64));
  for (const std::string& file : {Png(half), Webp(half)}) {
    const int pixel = At(ReadJpeg(Portrait(file)), 256, 256);
    EXPECT_GT(gdTrueColorGetRed(pixel), 240);
    EXPECT_GT(gdTrueColorGetGreen(pixel), 90);
    EXPECT_LT(gdTrueColorGetGreen(pixel), 210);
  }
}

TEST(Image, OtherColourFormats) {
  const Gd palette(gdImageCreate(64, 64));
  gdImageColorAllocate(palette.get(), 0x30, 0x60, 0xC0);
  EXPECT_TRUE(Near(At(ReadJpeg(Portrait(Png(palette))), 256, 256), 0x3060C0));
  gdImageColorTransparent(palette.get(), 0);
  EXPECT_TRUE(Near(At(ReadJpeg(Portrait(Png(palette))), 256, 256), 0xFFFFFF));

  std::string rows;
  for (int y = 0; y < 8; ++y) rows += std::string(1, '\0') + std::string(8, '\x80');
  uLongf size = compressBound(rows.size());
  std::string packed(size, '\0');
  compress(reinterpret_cast<Bytef*>(packed.data()), &size,
           reinterpret_cast<const Bytef*>(rows.data()), rows.size());
  packed.resize(size);
  const std::string grey = PngHeader(8, 8, 0) + PngChunk("IDAT", packed) + PngChunk("IEND", "");
  EXPECT_TRUE(Near(At(ReadJpeg(Portrait(grey)), 256, 256), 0x808080, 4));
}

// SPEC U4: upright, whatever the camera did. Every pixel is looked at.
TEST(Image, U4_EveryOrientation) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Gd image = Stored(640, 480, orientation);
    const auto width = static_cast<std::uint64_t>(gdImageSX(image.get()));
    const auto height = static_cast<std::uint64_t>(gdImageSY(image.get()));
    for (const bool big : {false, true}) {
      const std::string exif = Exif(orientation, big);
      const std::string what = std::to_string(orientation) + (big ? " big" : " little");
      ExpectQuarters(Portrait(JpegWithExif(Jpeg(image), exif)), "jpeg " + what);
      ExpectQuarters(Portrait(PngWithExif(Png(image), exif)), "png " + what);
      ExpectQuarters(Portrait(WebpWithExif(Webp(image), width, height, exif)), "webp " + what);
      ExpectQuarters(
          Portrait(WebpWithExif(Webp(image), width, height, std::string("Exif\0\0", 6) + exif)),
          "webp, JPEG's header " + what);
    }
  }
}

TEST(Image, OrientationsThatAreNone) {
  const Gd image = Quarters(64, 64);
  for (const int orientation : {0, 9, 255, 65535}) {
    ExpectQuarters(Portrait(JpegWithExif(Jpeg(image), Exif(orientation))),
                   std::to_string(orientation));
  }
  const std::string exif = Exif(6);
  for (std::size_t n = 0; n < 40; ++n) {  // cut off before or within the directory
    const int read =
        ExifOrientation(JpegWithExif(Jpeg(image), exif.substr(0, n)), ImageKind::kJpeg);
    EXPECT_TRUE(read == 1 || read == 6) << n;
  }
  EXPECT_EQ(ExifOrientation(JpegWithExif(Jpeg(image), exif), ImageKind::kJpeg), 6);
}

// XMP comes as APP1 as well.
TEST(Image, ExifBehindOtherSegmentsIsFound) {
  const std::string jpeg = JpegWithExif(Jpeg(Quarters(64, 64)), Exif(3));
  const std::string xmp = App1("http://ns.adobe.com/xap/1.0/ <x:xmpmeta/>");
  EXPECT_EQ(ExifOrientation(jpeg.substr(0, 2) + xmp + jpeg.substr(2), ImageKind::kJpeg), 3);
  EXPECT_EQ(ExifOrientation(jpeg.substr(0, 2) + "\xFF\xFF" + jpeg.substr(3), ImageKind::kJpeg), 3);
}

TEST(Image, U4_NothingOfTheMetadataRemains) {
  const Gd image = Quarters(64, 64);
  const std::string exif = Exif(1);
  const std::string text = PngChunk("tEXt", std::string("Comment\0SecretCamera 123", 24));
  const std::string comment = "\xFF\xFE" + Big(14, 2) + "<?php x() ?>";
  const std::string jpeg = Jpeg(image);
  for (const std::string& file :
       {JpegWithExif(jpeg, exif), jpeg.substr(0, 2) + comment + jpeg.substr(2),
        PngWithChunk(PngWithExif(Png(image), exif), text),
        WebpWithExif(Webp(image), 64, 64, exif)}) {
    const std::string portrait = Portrait(file);
    ExpectQuarters(portrait, "metadata");
    for (const char* secret : {"SecretCamera", "Exif", "php", "CREATOR", "Comment"}) {
      EXPECT_EQ(portrait.find(secret), std::string::npos) << secret;
    }
  }
}

TEST(Image, PolyglotsLoseTheirOtherHalf) {
  const Gd image = Quarters(64, 64);
  const std::string html = "<html><script>alert(1)</script></html>";
  const std::string zip("PK\x03\x04\x14\0\0\0\0\0evil.jar", 18);
  for (const std::string& file : {Jpeg(image), Png(image), Webp(image)}) {
    for (const std::string& tail : {html, zip, Jpeg(image), std::string(100'000, '\0')}) {
      const std::string portrait = Portrait(file + tail);
      ExpectQuarters(portrait, "polyglot");
      EXPECT_EQ(portrait.find("script"), std::string::npos);
      EXPECT_EQ(portrait.find("evil"), std::string::npos);
    }
  }
}

// SPEC U4: anything else is refused, also by its content.
TEST(Image, U4_OtherFilesAreRefused) {
  const Gd image = Quarters(64, 64);
  int size = 0;
  void* bytes = gdImageGifPtr(image.get(), &size);
  const std::string gif = Taken(bytes, size);
  bytes = gdImageBmpPtr(image.get(), &size, 0);
  const std::string bmp = Taken(bytes, size);
  for (const std::string& file :
       {std::string(), std::string("x"), gif, bmp, "GIF89a" + Jpeg(image), " " + Png(image),
        std::string("<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>"),
        std::string(
            "<?xml version=\"1.0\"?><!DOCTYPE svg [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>"
            "<svg>&x;</svg>"),
        std::string("<html>"), std::string("%PDF-1.7"), std::string("PK\x03\x04"),
        std::string("II*\0\x08\0\0\0", 8),
        std::string("\0\0\0\x1C"
                    "ftypheic",
                    12),
        std::string("RIFF\x24\0\0\0WAVE", 12), std::string("RIFF\x24\0\0\0WEBP", 12),
        std::string("\xFF\xD8\xFF"), kPngMagic, std::string("\xFF\xD8\xFF\xE0", 4) + gif,
        kPngMagic + gif}) {
    EXPECT_TRUE(Refused(file)) << file.substr(0, 20);
  }
}

TEST(Image, CmykAndAnimationsAreRefused) {
  const std::vector<unsigned char> pixels(64 * 64 * 4, 0x40);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  const tjhandle turbo = tjInitCompress();
  ASSERT_EQ(
      tjCompress2(turbo, pixels.data(), 64, 0, 64, TJPF_CMYK, &bytes, &size, TJSAMP_444, 90, 0), 0);
  EXPECT_TRUE(Refused(std::string(reinterpret_cast<char*>(bytes), size)));
  tjFree(bytes);
  tjDestroy(turbo);

  constexpr int kAnimationFlag = 2;
  const std::string plain = Webp(Quarters(64, 64));
  const std::string frame = RiffChunk("ANIM", std::string(6, '\0')) +
                            RiffChunk("ANMF", Little(0, 6) + Little(63, 3) + Little(63, 3) +
                                                  Little(100, 4) + plain.substr(12));
  const std::string magic("RIFF\0\0\0\0WEBP", 12);
  EXPECT_TRUE(Refused(ExtendedWebp(magic + frame, 64, 64, kAnimationFlag)));
  EXPECT_TRUE(Refused(ExtendedWebp(plain, 64, 64, kAnimationFlag)));
}

TEST(Image, CutOffFilesAreRefusedOrClean) {
  const Gd image = Quarters(200, 150);
  for (const std::string& file : {Jpeg(image), Png(image), Webp(image), LossyWebp(image)}) {
    for (std::size_t n = 0; n < file.size(); n += 1 + file.size() / 97) {
      const auto result = MakePortraitUnconfined(file.substr(0, n));
      if (result.ok()) {
        EXPECT_TRUE(IsClean(*result)) << n;
      } else {
        EXPECT_EQ(result.error().code, ErrorCode::kUnsupportedImage);
      }
      EXPECT_FALSE(result.ok() && n < file.size() * 9 / 10) << n << " of " << file.size();
    }
    EXPECT_TRUE(Refused(file.substr(0, file.size() / 2)));
  }
  const std::string jpeg = Jpeg(image);
  EXPECT_TRUE(Refused(jpeg.substr(0, jpeg.size() - 2))) << "its end is missing";
}

TEST(Image, DamagedFilesAreRefusedOrClean) {
  const Gd image = Quarters(200, 150);
  for (const std::string& file : {Jpeg(image), Png(image), Webp(image), LossyWebp(image)}) {
    for (std::size_t n = 0; n < file.size(); n += 1 + file.size() / 97) {
      std::string damaged = file;
      damaged[n] = static_cast<char>(~damaged[n]);
      const auto result = MakePortraitUnconfined(damaged);
      EXPECT_TRUE(!result.ok() || IsClean(*result)) << n;
    }
  }
}

// Peak memory, from now on where it was reset.
void ResetPeak() { std::ofstream("/proc/self/clear_refs") << "5"; }
long PeakKib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stol(line.substr(6));
  }
  return 0;
}

// Processor time in ms, of `who` as in getrusage(2): a busy machine makes no difference.
template <class F>
long Cost(int who, const F& what) {
  const auto now = [who] {
    rusage used{};
    getrusage(who, &used);
    return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000 +
           (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000;
  };
  const long before = now();
  what();
  return now() - before;
}

// SPEC U4: dimensions are capped before anything is decoded, so that refusing costs nothing.
TEST(Image, U4_HeadersOfGiantsAreRefusedAtOnce) {
  const std::string jpeg = Jpeg(Quarters(64, 64));
  const std::string webp = Webp(Quarters(64, 64));
  const std::string idat = PngChunk("IDAT", PackedZeros(1000));
  const std::vector<std::string> files = {
      PngHeader(100'000, 100'000) + idat,
      PngHeader(0x7FFFFFFF, 0x7FFFFFFF) + idat,
      PngHeader(0xFFFFFFFF, 0xFFFFFFFF) + idat,
      PngHeader(0x10000, 0x10000) + idat,
      PngHeader(0, 100) + idat,
      PngHeader(40'000'000, 1) + idat,
      PngHeader(32'768, 1) + idat,
      ExtendedWebp(webp, 100'000, 100'000, 0),
      ExtendedWebp(webp, 1 << 24, 1 << 24, 0),
      ExtendedWebp(std::string("RIFF\0\0\0\0WEBP", 12), 100'000, 100'000, 0),
      JpegSaying(jpeg, 65'535, 65'535),
      JpegSaying(jpeg, 65'500, 610),
      JpegSaying(jpeg, 0, 100),
      JpegSaying(jpeg, 100, 0),
      JpegSaying(jpeg, 8000, 5001),
      PngHeader(8000, 5001) + idat,
      EmptyPng(8000, 5001),
  };
  ResetPeak();
  const long before = PeakKib();
  for (const std::string& file : files) {
    EXPECT_LT(Cost(RUSAGE_SELF, [&] { EXPECT_FALSE(MakePortraitUnconfined(file).ok()); }), 100);
  }
  EXPECT_LT(PeakKib() - before, 8 * 1024);
  for (const std::string& file : files) EXPECT_TRUE(Refused(file));
}

// Five pixels over 40 million; exactly as many are accepted below.
TEST(Image, U4_JustOverFortyMegapixels) {
  static_assert(3015 * 13267 == 40'000'005);
  const auto over = MakePortraitUnconfined(EmptyPng(3015, 13267));
  ASSERT_FALSE(over.ok());
  EXPECT_EQ(over.error().inner, "image: dimensions");
}

std::string JpegOf40Megapixels(int flags) {
  const std::vector<unsigned char> pixels(std::size_t{8000} * 5000 * 3, 0xC0);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  const tjhandle turbo = tjInitCompress();
  tjCompress2(turbo, pixels.data(), 8000, 0, 5000, TJPF_RGB, &bytes, &size, TJSAMP_444, 90, flags);
  std::string file(reinterpret_cast<char*>(bytes), size);
  tjFree(bytes);
  tjDestroy(turbo);
  return file;
}

// A scan costs a few bytes and a pass over the whole picture; thousands fit into a file.
TEST(Image, ManyScansAreRefused) {
  const std::string jpeg = JpegOf40Megapixels(TJFLAG_PROGRESSIVE);
  const std::size_t last = jpeg.rfind("\xFF\xDA");
  ASSERT_NE(last, std::string::npos);
  const std::string end = jpeg.substr(jpeg.size() - 2);
  const std::string scan = jpeg.substr(last, jpeg.size() - 2 - last);
  std::string file = jpeg.substr(0, jpeg.size() - 2);
  while (file.size() + scan.size() + 2 <= kMaxPictureBytes) file += scan;
  EXPECT_LT(Cost(RUSAGE_CHILDREN, [&] { EXPECT_TRUE(Refused(file + end)); }), 3000);
}

// What is allowed is affordable: 40 megapixels of each kind within the child's limits, and next to
// nothing of it in the worker.
TEST(Image, U4_FortyMegapixelsAreBounded) {
  const std::string webp = [] {
    const Gd image = Canvas(8000, 5000);
    gdImageFilledRectangle(image.get(), 0, 0, 7999, 4999, 0xC0C0C0);
    return Webp(image);
  }();
  const std::pair<const char*, std::string> files[] = {
      {"png", EmptyPng(8000, 5000)},
      {"jpeg", JpegOf40Megapixels(0)},
      {"progressive", JpegOf40Megapixels(TJFLAG_PROGRESSIVE)},
      {"webp", webp}};
  for (const auto& [what, file] : files) {
    ASSERT_LE(file.size(), kMaxPictureBytes);
    ResetPeak();
    const long before = PeakKib();
    std::string portrait;
    const long cost = Cost(RUSAGE_CHILDREN, [&] { portrait = Portrait(file); });
    EXPECT_TRUE(IsClean(portrait)) << what;
    EXPECT_LT(PeakKib() - before, 8 * 1024) << what;
    EXPECT_LT(cost, 4000) << what;
  }
}

TEST(Image, U4_FiveMebibytesAtMost) {
  const std::string jpeg = Jpeg(Quarters(64, 64));
  const std::string tail(kMaxPictureBytes - jpeg.size(), '\0');
  EXPECT_TRUE(IsClean(Portrait(jpeg + tail)));
  EXPECT_TRUE(Refused(jpeg + tail + "x", ErrorCode::kBodyTooLarge));
}

TEST(Image, APassedDeadlineIsATimeout) {
  const auto result = MakePortrait(Jpeg(Quarters(64, 64)), Deadline::In(Millis(0)));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kTimeout);
}

}  // namespace
}  // namespace gatehouse
