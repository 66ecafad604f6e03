// A file of the kernel that is read again and again through one descriptor: pread at 0 makes the
// kernel write it anew, and spares the walk along the path, which is most of what open, read and
// close cost. Reading allocates nothing once the buffer is large enough, also when it fails.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sampling {

/// Where files are read into; shared by all files, grown to the largest, at most kBufferMax.
using Buffer = std::vector<char>;
inline constexpr std::size_t kBufferFirst = 16 << 10;
inline constexpr std::size_t kBufferMax = 4 << 20;

class KeptFile {
 public:
  /// Lines: a file of many records (net/dev, cgroup.procs) comes in pieces of at most a page.
  enum class Shape { Record, Lines };

  KeptFile() = default;
  explicit KeptFile(std::string path, Shape shape = Shape::Record)
      : path_(std::move(path)), shape_(shape) {}
  ~KeptFile() { close(); }
  KeptFile(KeptFile&& other) noexcept;
  KeptFile& operator=(KeptFile&& other) noexcept;

  /// The whole file as it is now; nothing: see error(). Opens it the first time, and once: a file
  /// that was not there is not looked for again until reopen().
  /// Lifetime: the text lives until `buffer` is used again.
  std::optional<std::string_view> read(Buffer& buffer);

  /// The errno of the last read(); 0: it went well.
  int error() const { return error_; }
  /// Whether what the file is about is no more: a process that ended, a cgroup that was removed.
  bool gone() const;
  bool is_open() const { return descriptor_ >= 0; }
  const std::string& path() const { return path_; }

  /// Forgets the descriptor and what went wrong; the next read() opens anew.
  void reopen();

 private:
  void close();
  bool open();

  std::string path_;
  Shape shape_ = Shape::Record;
  int descriptor_ = -1;
  int error_ = 0;
  bool tried_ = false;
};

}  // namespace sampling
