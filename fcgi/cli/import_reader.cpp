#include "fcgi/cli/import_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace gatehouse::cli {
namespace {

// JSON's, RFC 8259 section 2.
bool IsSpace(int byte) { return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r'; }

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

Error Malformed(const char* what) { return MakeError(ErrorCode::kMalformedJson, what); }

}  // namespace

Result<ImportFile> ImportFile::Open(const std::string& path) {
  // O_NONBLOCK: opening a pipe that nobody writes would wait for ever.
  ImportFile file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK), path);
  struct stat about {};
  if (file.fd_ < 0 || fstat(file.fd_, &about) != 0) return file.Failed(std::strerror(errno));
  if (!S_ISREG(about.st_mode)) return file.Failed("must be a regular file: it is read twice");
  file.size_ = about.st_size;
  file.changed_s_ = about.st_mtim.tv_sec;
  file.changed_ns_ = about.st_mtim.tv_nsec;
  return file;
}

ImportFile::ImportFile(ImportFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      path_(std::move(other.path_)),
      size_(other.size_),
      changed_s_(other.changed_s_),
      changed_ns_(other.changed_ns_) {}

ImportFile::~ImportFile() {
  if (fd_ >= 0) close(fd_);
}

Error ImportFile::Failed(const char* what) const {
  return MakeError(ErrorCode::kInternal, path_ + ": " + what);
}

Result<std::size_t> ImportFile::Read(std::span<char> out) {
  ssize_t n = 0;
  do {
    n = read(fd_, out.data(), out.size());
  } while (n < 0 && errno == EINTR);
  struct stat about {};
  if (n < 0 || fstat(fd_, &about) != 0) return Failed(std::strerror(errno));
  if (about.st_size != size_ || about.st_mtim.tv_sec != changed_s_ ||
      about.st_mtim.tv_nsec != changed_ns_) {
    return Failed("was changed while it was read");
  }
  return static_cast<std::size_t>(n);
}

Status ImportFile::Rewind() {
  if (lseek(fd_, 0, SEEK_SET) != 0) return Failed(std::strerror(errno));
  return {};
}

Result<int> RecordReader::Peek() {
  if (at_ == filled_) {
    at_ = filled_ = 0;
    GH_ASSIGN(filled_, source_(buffer_));
    if (filled_ == 0) return kEnd;
  }
  return static_cast<unsigned char>(buffer_[at_]);
}

Result<int> RecordReader::Take() {
  GH_ASSIGN(const int byte, Peek());
  if (byte == kEnd) return kEnd;
  ++at_;
  if (byte == '\n') ++line_;
  return byte;
}

void RecordReader::Append(int byte) {
  if (text_.size() < kMaxRecord) {
    text_.push_back(static_cast<char>(byte));
  } else {
    too_long_ = true;
  }
}

RecordReader::Record RecordReader::Finish(std::uint64_t number) {
  return {number, too_long_ ? std::string_view() : std::string_view(text_), too_long_};
}

Status RecordReader::SkipSpace() {
  for (;;) {
    GH_ASSIGN(const int byte, Peek());
    if (!IsSpace(byte)) return {};
    GH_TRY(Take());
  }
}

Result<std::optional<RecordReader::Record>> RecordReader::Next() {
  if (form_ == Form::kUnknown) {
    GH_TRY(SkipSpace());
    GH_ASSIGN(const int first, Peek());
    is_array_ = first == '[';
    form_ = is_array_ ? Form::kArray : Form::kLines;
    if (is_array_) {
      GH_TRY(Take());
      GH_TRY(SkipSpace());
      GH_ASSIGN(const int inside, Peek());
      if (inside == ']') {
        GH_TRY(Take());
        form_ = Form::kEnded;
      }
    }
  }
  text_.clear();
  too_long_ = false;
  if (form_ == Form::kLines) return NextLine();
  if (form_ == Form::kArray) return NextElement();
  GH_TRY(SkipSpace());
  GH_ASSIGN(const int after, Peek());
  if (after != kEnd) return Malformed("something stands after the end of the array");
  return std::optional<Record>();
}

Result<std::optional<RecordReader::Record>> RecordReader::NextLine() {
  for (;;) {
    const std::uint64_t number = line_;
    GH_ASSIGN(int byte, Take());
    if (byte == kEnd) return std::optional<Record>();
    while (byte != '\n' && byte != kEnd) {
      Append(byte);
      GH_ASSIGN(byte, Take());
    }
    if (too_long_ || !IsBlank(text_)) return std::optional(Finish(number));
    text_.clear();
  }
}

// To the comma or bracket that ends the element: those inside of strings, arrays and objects do
// not. Whether the brackets match is for the parser of the element to find out.
Result<std::optional<RecordReader::Record>> RecordReader::NextElement() {
  std::uint64_t depth = 0;
  bool in_string = false, escaped = false;
  for (;;) {
    GH_ASSIGN(const int byte, Take());
    if (byte == kEnd) return Malformed("the file ends before the array does");
    if (in_string) {
      in_string = escaped || byte != '"';
      escaped = !escaped && byte == '\\';
    } else if (byte == '"') {
      in_string = true;
    } else if (byte == '{' || byte == '[') {
      ++depth;
    } else if (depth > 0 && (byte == '}' || byte == ']')) {
      --depth;
    } else if (depth == 0 && (byte == ',' || byte == ']')) {
      if (byte == ']') form_ = Form::kEnded;
      return std::optional(Finish(index_++));
    }
    Append(byte);
  }
}

std::string RecordReader::Where(std::uint64_t number) const {
  return (is_array_ ? "index " : "line ") + std::to_string(number);
}

}  // namespace gatehouse::cli
