#include "sampling/kept_file.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace sampling {

namespace {
ssize_t read_at(int descriptor, char* to, std::size_t space, std::size_t offset) {
  for (;;) {
    const ssize_t got = ::pread(descriptor, to, space, static_cast<off_t>(offset));
    if (got >= 0 || errno != EINTR) return got;
  }
}
}  // namespace

KeptFile::KeptFile(KeptFile&& other) noexcept
    : path_(std::move(other.path_)),
      shape_(other.shape_),
      descriptor_(std::exchange(other.descriptor_, -1)),
      error_(other.error_),
      tried_(other.tried_) {}

KeptFile& KeptFile::operator=(KeptFile&& other) noexcept {
  if (this == &other) return *this;
  close();
  path_ = std::move(other.path_);
  shape_ = other.shape_;
  descriptor_ = std::exchange(other.descriptor_, -1);
  error_ = other.error_;
  tried_ = other.tried_;
  return *this;
}

bool KeptFile::open() {
  if (descriptor_ >= 0) return true;
  if (tried_ || path_.empty()) return false;
  descriptor_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  error_ = descriptor_ < 0 ? errno : 0;
  // What this process or machine is short of says nothing about the file.
  tried_ = error_ != EMFILE && error_ != ENFILE && error_ != ENOMEM && error_ != EINTR;
  return descriptor_ >= 0;
}

std::optional<std::string_view> KeptFile::read(Buffer& buffer) {
  if (!open()) return std::nullopt;
  if (buffer.size() < kBufferFirst) buffer.resize(kBufferFirst);
  std::size_t have = 0;
  for (;;) {
    const std::size_t space = buffer.size() - have;
    const ssize_t got = read_at(descriptor_, buffer.data() + have, space, have);
    if (got < 0) {
      error_ = errno;
      return std::nullopt;
    }
    have += static_cast<std::size_t>(got);
    const bool filled = have == buffer.size();
    if (got == 0 || (shape_ == Shape::Record && !filled)) break;
    if (filled && buffer.size() >= kBufferMax) {
      error_ = EFBIG;
      return std::nullopt;
    }
    if (filled) buffer.resize(buffer.size() * 2);
  }
  error_ = 0;
  return std::string_view(buffer.data(), have);
}

bool KeptFile::gone() const {
  return error_ == ENODEV || error_ == ESRCH || error_ == ENOENT;
}

void KeptFile::reopen() {
  close();
  error_ = 0;
  tried_ = false;
}

void KeptFile::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

}  // namespace sampling
