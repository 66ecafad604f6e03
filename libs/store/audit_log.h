// Who asked for what, and what was done: one file for all drills of a state directory, only ever
// appended to, each entry chained to the one before, so that a change in the middle is found and
// named. A line is
//   <64 hexadecimal digits> <JSON object>\n
// and the digits are SHA-256 of the 32 bytes that the digits before stand for (zeros for the first)
// followed by the JSON. The end of the chain stands in every bundle of evidence, which is signed
// and lies elsewhere: a log cut short, or written anew as a whole, does not hold against it.
//
// A crash can leave a last line without its newline. That is no change: it is told apart (torn),
// and the next writer ends the line and says so, without removing anything, so that the file can
// be append-only for the system too (chattr +a).
//
// Several programs write: each append holds a flock for as long as it takes, at most a second.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace store {

struct AuditEntry {
  std::uint64_t seq = 0;  // from 1
  base::WallTime at{};
  std::string drill;  // empty: not about one
  std::string event;  // "DrillRequested", "FaultBegun", …
  std::string subject, text;
  std::int64_t uid = -1;
  std::string user, host, command;  // command: with requests only
  /// How long the writer's write before took: its own is not known when it is written.
  base::Duration write_before{};
  std::string digest;  // of the chain, up to and with this entry
  bool operator==(const AuditEntry&) const = default;
};

/// A write that takes longer is slow.
inline constexpr base::Duration kSlowAuditWrite = base::millis(100);

/// A whole log as it was found.
struct AuditTrailRead {
  std::vector<AuditEntry> entries;  // up to the first that does not hold
  std::uint64_t torn = 0;           // bytes of a last line that was not finished
  std::uint64_t repaired = 0;       // lines that a crash had torn earlier
  std::string damage;               // empty: the chain holds; else what and where
  std::string head;                 // digest of the last entry; 64 zeros: none
};
/// Total over any bytes.
AuditTrailRead read_audit(std::string_view bytes);

class AuditLog {
 public:
  /// Creates the file (0600) where there is none. Errors: naming the file.
  static base::Result<AuditLog> open(const std::string& path);
  AuditLog(AuditLog&& other) noexcept;
  AuditLog& operator=(AuditLog&& other) noexcept;
  ~AuditLog();

  struct Written {
    std::uint64_t seq = 0;
    std::string digest;
    base::Duration took{};  // write and fdatasync, waiting for other writers included
  };
  /// Durable when it returns. seq, digest and write_before are filled in here; texts are cut at
  /// 2,000 bytes. Errors: Unavailable: others hold the file; DataLoss: what is in it cannot be
  /// continued; ResourceExhausted: the disk is full.
  base::Result<Written> append(AuditEntry entry);

 private:
  AuditLog(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  base::Result<> write(std::string_view line);
  base::Result<> find_end();

  int fd_ = -1;
  std::string path_;
  std::uint64_t size_ = 0;  // of the file when we last wrote or looked
  std::uint64_t seq_ = 0;
  std::string head_;
  base::Duration took_{};
};

}  // namespace store
