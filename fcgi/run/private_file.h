// Files that hold secrets: what is checked before one is read, and how one is written.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "fcgi/base/result.h"

namespace gatehouse {

// The whole of a regular file of at most 1 MiB. Refused where group or others may read or write
// it. A file in $CREDENTIALS_DIRECTORY (systemd LoadCredential) may show the group's read bit: it
// is the mask of the one ACL entry by which systemd lets the service read it. The caller wipes the
// text (Wipe in fcgi/base/secret.h). The error (kInternal) names the file.
Result<std::string> ReadPrivateFile(const std::string& path);

// A private file in two steps, so that nothing but a rename is left to fail when the second is
// taken: its text is on disk under another name, then it takes its place. Mode 0600; where `path`
// exists, with that file's owner and group, so that root may write what a service reads. Never
// taken into place, it is removed.
class NewPrivateFile {
 public:
  static Result<NewPrivateFile> Write(std::string path, std::string_view text);
  NewPrivateFile(NewPrivateFile&& other) noexcept;
  NewPrivateFile& operator=(NewPrivateFile&&) = delete;
  ~NewPrivateFile();

  Status Replace();  // whatever is there
  Status Create();   // kAlreadyExists where something is there

 private:
  NewPrivateFile(std::string path, std::string temporary)
      : path_(std::move(path)), temporary_(std::move(temporary)) {}
  std::string path_, temporary_;  // temporary_ is empty once it is gone
};

// Held by who changes a file, never by who reads it (flock(2) on the file itself, which may be
// replaced while it is held). Waits for others. `path` must not be a symbolic link.
class FileLock {
 public:
  static Result<FileLock> Take(const std::string& path);
  FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace gatehouse
