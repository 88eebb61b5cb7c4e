// Cuts what `gatehouse import` reads into records without holding more than one of them: the
// elements of one JSON array, or one JSON text a line (API.md, "Operation"). Which of the two, the
// first character says. A record is handed over as it stands there, unparsed: where every element
// of an array is valid JSON and Next() found no fault, so is the whole array.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fcgi/base/result.h"

namespace gatehouse::cli {

// A regular file that is read twice: once to check, once to import. Not copyable, because it owns
// the descriptor.
class ImportFile {
 public:
  // kInternal, naming the file, where it cannot be read or is not a regular file.
  static Result<ImportFile> Open(const std::string& path);
  ImportFile(ImportFile&& other) noexcept;
  ImportFile(const ImportFile&) = delete;
  ~ImportFile();

  // Up to out.size() bytes; 0 at the end. An error where the file is not what it was at Open: what
  // was checked must be what is imported.
  Result<std::size_t> Read(std::span<char> out);
  Status Rewind();

 private:
  ImportFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  Error Failed(const char* what) const;

  int fd_;
  std::string path_;
  std::int64_t size_ = 0, changed_s_ = 0, changed_ns_ = 0;
};

class RecordReader {
 public:
  // One record may have as much as one request (API.md: 64 KiB).
  static constexpr std::size_t kMaxRecord = 64 * 1024;

  struct Record {
    std::uint64_t number;   // of the line, from 1; or of the element, from 0
    std::string_view text;  // valid until the next call; empty where `too_long`
    bool too_long;
  };

  // `source` fills what it is given as far as it can and says how far; 0 is the end.
  using Source = std::function<Result<std::size_t>(std::span<char>)>;
  explicit RecordReader(Source source) : source_(std::move(source)), buffer_(kBuffer) {}

  // nullopt at the end; lines with nothing but white space are passed over. kMalformedJson where
  // an array does not end, or does not end the file; there is no going on from there.
  Result<std::optional<Record>> Next();

  // "line 7" or "index 7".
  std::string Where(std::uint64_t number) const;

 private:
  static constexpr std::size_t kBuffer = 256 * 1024;
  static constexpr int kEnd = -1;
  enum class Form { kUnknown, kLines, kArray, kEnded };

  // The byte at the front, or kEnd; Take() also takes it.
  Result<int> Peek();
  Result<int> Take();
  void Append(int byte);
  Record Finish(std::uint64_t number);
  Status SkipSpace();
  Result<std::optional<Record>> NextLine();
  Result<std::optional<Record>> NextElement();

  Source source_;
  std::vector<char> buffer_;
  std::size_t at_ = 0, filled_ = 0;
  Form form_ = Form::kUnknown;
  bool is_array_ = false;
  std::uint64_t line_ = 1;
  std::uint64_t index_ = 0;
  std::string text_;
  bool too_long_ = false;
};

}  // namespace gatehouse::cli
