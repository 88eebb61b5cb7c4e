#include "fcgi/run/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
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

}  // namespace gatehouse
