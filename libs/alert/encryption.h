// How fast encryption is, the application's own and this suite's TLS and signing. Targets:
//
//   field 10 ms, bulk 100 ms for each 1,000 records, decryption 5 ms, key rotation 30 s
//   of this suite itself: a TLS handshake and a signature (HMAC), as a field
//
// Above its target an operation is a warning, above three times of it critical. The grade is by the
// share of the newest 1,000 operations that were within their target: 95 % A, 85 % B, 75 % C,
// 65 % D, else F; none without operations. Targets and shares are defaults. Throughput is bytes by
// the time they took, in MB/s of 10^6 bytes. Overhead is what encryption adds: 100 x encryption /
// (whole - encryption), in sums over the operations that told how long the whole work took of which
// they were a part; the same work without encryption is taken to last what is left of it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "alert/firing.h"
#include "alert/statistics.h"

namespace alert {

enum class EncryptionKind { Field, Bulk, Decryption, KeyRotation, TlsHandshake, Signature };
inline constexpr std::size_t kEncryptionKinds = 6;
/// "field", "bulk", "decryption", "key_rotation", "tls_handshake", "signature".
const char* name(EncryptionKind kind);

/// What operations may take, and which share of them has to keep to it for a grade.
struct EncryptionTargets {
  base::Duration field = base::millis(10);
  base::Duration bulk = base::millis(100);  // for each 1,000 records
  base::Duration decryption = base::millis(5);
  base::Duration key_rotation = base::seconds(30);
  std::array<double, 4> grades{95, 85, 75, 65};  // percent; of A, B, C, D

  bool operator==(const EncryptionTargets&) const = default;
};

/// What an operation may take; empty for a bulk of no records.
std::optional<base::Duration> encryption_target(const EncryptionTargets& targets,
                                                EncryptionKind kind, std::uint64_t records);

/// 'A' … 'D' and 'F' of a share in percent; empty where there is none.
std::optional<char> encryption_grade(const EncryptionTargets& targets,
                                     std::optional<double> percent_within);

struct EncryptionOperation {
  EncryptionKind kind = EncryptionKind::Field;
  base::Duration duration{0};
  std::uint64_t bytes = 0;
  std::uint64_t records = 1;            // of a bulk
  std::optional<base::Duration> whole;  // of the work that this was a part of
};

/// Of one kind.
struct EncryptionFigures {
  std::optional<Figures> durations_ms;
  std::optional<double> percent_within;  // their targets, of the newest 1,000
  std::optional<char> grade;
  std::optional<double> megabytes_per_second;
  std::optional<double> overhead_percent;
  Phase phase = Phase::Unknown;
};

class Encryption {
 public:
  explicit Encryption(const EncryptionTargets& targets = {},
                      base::Duration cooldown = FiringPolicy{}.cooldown);

  /// For operations from now on; those that there were stay judged by the targets of their time,
  /// and their share is graded anew.
  void set(const EncryptionTargets& targets) { targets_ = targets; }
  const EncryptionTargets& targets() const { return targets_; }
  /// Counts an operation and returns what has to be told of its kind. One with a duration below 0,
  /// or without a target, is no measurement. `now` never decreases.
  std::optional<Notice> add(const EncryptionOperation& operation, base::TimePoint now);
  EncryptionFigures figures(EncryptionKind kind) const;
  /// Of all kinds together: of their newest 1,000 operations each.
  std::optional<char> grade() const;
  /// Of all kinds together, over all that told the whole.
  std::optional<double> overhead_percent() const;

 private:
  struct Kind {
    Statistics durations_ms;
    Statistics ratios;  // to the target, which differs from bulk to bulk
    double bytes = 0;
    double seconds = 0;        // of those with bytes
    double part_seconds = 0;   // of those that told the whole
    double whole_seconds = 0;  // without the part
    Alert alert;
  };

  EncryptionTargets targets_;
  std::array<Kind, kEncryptionKinds> kinds_;
};

}  // namespace alert
