#include "fcgi/run/private_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "fcgi/base/secret.h"

namespace gatehouse {
namespace {

constexpr off_t kMaxBytes = 1 << 20;

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

bool IsCredential(const std::string& path) {
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr || *folder == '\0') return false;
  const std::string prefix = std::string(folder) + "/";
  return path.starts_with(prefix) && path.find('/', prefix.size()) == std::string::npos;
}

Error Refuse(const std::string& path, std::string_view why) {
  return MakeError(ErrorCode::kInternal, path + ": " + std::string(why));
}

Error Failed(const std::string& path, std::string_view doing) {
  return MakeError(ErrorCode::kInternal,
                   path + ": " + std::string(doing) + ": " + std::strerror(errno));
}

bool WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

// A new file of mode 0600, with the owner of `like` (may be null), on disk when this returns.
Status WriteNew(const std::string& path, std::string_view text, const struct stat* like) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return Failed(path, "create");
  const bool owned =
      like == nullptr || (like->st_uid == ::geteuid() && like->st_gid == ::getegid());
  const bool good = (owned || ::fchown(fd, like->st_uid, like->st_gid) == 0) &&
                    ::fchmod(fd, 0600) == 0 && WriteAll(fd, text) && ::fsync(fd) == 0;
  Status status;
  if (!good) status = Failed(path, "write");
  if (::close(fd) != 0 && status.ok()) status = Failed(path, "close");
  if (!status.ok()) ::unlink(path.c_str());
  return status;
}

Status SyncFolder(const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return Failed(folder, "open");
  const bool good = ::fsync(fd) == 0;
  ::close(fd);
  return good ? Status() : Failed(folder, "fsync");
}

}  // namespace

Result<std::string> ReadPrivateFile(const std::string& path) {
  // O_NONBLOCK: opening a FIFO that somebody put there must not hang the start.
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.fd() < 0) return Refuse(path, std::strerror(errno));
  struct stat st {};
  if (::fstat(file.fd(), &st) != 0) return Refuse(path, std::strerror(errno));
  if (!S_ISREG(st.st_mode)) return Refuse(path, "not a regular file");
  const mode_t allowed = IsCredential(path) ? S_IRGRP : 0;
  if ((st.st_mode & (S_IRWXG | S_IRWXO) & ~allowed) != 0) {
    return Refuse(path, "group or others have access to it; chmod 0600");
  }
  if (st.st_size > kMaxBytes) return Refuse(path, "larger than 1 MiB");

  // One buffer of the right size from the start: growing would leave copies of the secret behind.
  std::string text(static_cast<std::size_t>(st.st_size), '\0');
  std::size_t got = 0;
  while (got < text.size()) {
    const ssize_t n = ::read(file.fd(), text.data() + got, text.size() - got);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      Wipe(text);
      return Refuse(path, n < 0 ? std::strerror(errno) : "changed while it was read");
    }
    got += static_cast<std::size_t>(n);
  }
  return text;
}

Result<NewPrivateFile> NewPrivateFile::Write(std::string path, std::string_view text) {
  if (text.size() > static_cast<std::size_t>(kMaxBytes)) return Refuse(path, "larger than 1 MiB");
  const std::string temporary = path + ".new." + std::to_string(::getpid());
  struct stat old {};
  const bool there = ::stat(path.c_str(), &old) == 0;
  ::unlink(temporary.c_str());  // of a process of this number that died
  GH_TRY(WriteNew(temporary, text, there ? &old : nullptr));
  return NewPrivateFile(std::move(path), temporary);
}

NewPrivateFile::NewPrivateFile(NewPrivateFile&& other) noexcept
    : path_(std::move(other.path_)), temporary_(std::exchange(other.temporary_, {})) {}

NewPrivateFile::~NewPrivateFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Status NewPrivateFile::Replace() {
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) return Failed(path_, "write");
  temporary_.clear();
  return SyncFolder(path_);
}

Status NewPrivateFile::Create() {
  // link(2) fails where the name exists, so that two who create it cannot both succeed.
  if (::link(temporary_.c_str(), path_.c_str()) != 0) {
    if (errno != EEXIST) return Failed(path_, "write");
    return MakeError(ErrorCode::kAlreadyExists, path_ + ": exists already");
  }
  return SyncFolder(path_);
}

Result<FileLock> FileLock::Take(const std::string& path) {
  while (true) {
    FileLock lock(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
    if (lock.fd_ < 0) return Failed(path, "open");
    if (::flock(lock.fd_, LOCK_EX) != 0) {
      if (errno == EINTR) continue;
      return Failed(path, "lock");
    }
    // Who held it before may have put another file in its place: that one is the one to lock.
    struct stat held {
    }, there{};
    if (::fstat(lock.fd_, &held) != 0 || ::stat(path.c_str(), &there) != 0) {
      return Failed(path, "stat");
    }
    if (held.st_ino == there.st_ino && held.st_dev == there.st_dev) return lock;
  }
}

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace gatehouse
