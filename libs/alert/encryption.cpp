#include "alert/encryption.h"

namespace alert {

namespace {

constexpr double kCriticalRatio = 3;
constexpr base::Duration kQuietFor = base::seconds(60);
/// More records would take longer than this, which no figure can be about.
constexpr base::Duration kLongest = base::seconds(1'000'000'000);

std::size_t index(EncryptionKind kind) {
  return static_cast<std::size_t>(kind);
}

std::optional<double> percent(std::size_t part, std::size_t all) {
  if (all == 0) return std::nullopt;
  return 100.0 * static_cast<double>(part) / static_cast<double>(all);
}

/// Products of whole nanoseconds: exactly the target is within it.
Reading judge(base::Duration duration, base::Duration target) {
  const auto took = static_cast<double>(duration.count());
  const auto allowed = static_cast<double>(target.count());
  if (took > kCriticalRatio * allowed) return breached(Severity::Critical);
  return took > allowed ? breached(Severity::Warning) : kWithin;
}

}  // namespace

const char* name(EncryptionKind kind) {
  switch (kind) {
    case EncryptionKind::Field: return "field";
    case EncryptionKind::Bulk: return "bulk";
    case EncryptionKind::Decryption: return "decryption";
    case EncryptionKind::KeyRotation: return "key_rotation";
    case EncryptionKind::TlsHandshake: return "tls_handshake";
    case EncryptionKind::Signature: return "signature";
  }
  return "field";
}

std::optional<base::Duration> encryption_target(const EncryptionTargets& targets,
                                                EncryptionKind kind, std::uint64_t records) {
  switch (kind) {
    case EncryptionKind::Field:
    case EncryptionKind::TlsHandshake:
    case EncryptionKind::Signature: return targets.field;
    case EncryptionKind::Bulk: {
      const base::Duration each = targets.bulk / 1000;
      if (records == 0 || records > static_cast<std::uint64_t>(kLongest / each)) {
        return std::nullopt;
      }
      return each * static_cast<std::int64_t>(records);
    }
    case EncryptionKind::Decryption: return targets.decryption;
    case EncryptionKind::KeyRotation: return targets.key_rotation;
  }
  return std::nullopt;
}

std::optional<char> encryption_grade(const EncryptionTargets& targets,
                                     std::optional<double> percent_within) {
  if (!percent_within) return std::nullopt;
  for (std::size_t at = 0; at < targets.grades.size(); ++at) {
    if (*percent_within >= targets.grades[at]) return "ABCD"[at];
  }
  return 'F';
}

Encryption::Encryption(const EncryptionTargets& targets, base::Duration cooldown)
    : targets_(targets) {
  for (Kind& kind : kinds_) kind.alert = Alert({.cooldown = cooldown, .resolve_after = kQuietFor});
}

std::optional<Notice> Encryption::add(const EncryptionOperation& operation, base::TimePoint now) {
  const auto target = encryption_target(targets_, operation.kind, operation.records);
  if (operation.duration.count() < 0 || !target) return std::nullopt;
  Kind& kind = kinds_[index(operation.kind)];
  const double seconds = base::to_seconds(operation.duration);
  kind.durations_ms.add(base::to_millis(operation.duration));
  kind.ratios.add(static_cast<double>(operation.duration.count()) /
                  static_cast<double>(target->count()));
  if (operation.bytes > 0) {
    kind.bytes += static_cast<double>(operation.bytes);
    kind.seconds += seconds;
  }
  if (operation.whole && *operation.whole >= operation.duration) {
    kind.part_seconds += seconds;
    kind.whole_seconds += base::to_seconds(*operation.whole - operation.duration);
  }
  return kind.alert.step(judge(operation.duration, *target), now);
}

EncryptionFigures Encryption::figures(EncryptionKind which) const {
  const Kind& kind = kinds_[index(which)];
  EncryptionFigures figures;
  figures.durations_ms = kind.durations_ms.figures();
  figures.percent_within = percent(kind.ratios.within(1), kind.ratios.count());
  figures.grade = encryption_grade(targets_, figures.percent_within);
  if (kind.seconds > 0) figures.megabytes_per_second = kind.bytes / 1e6 / kind.seconds;
  if (kind.whole_seconds > 0) {
    figures.overhead_percent = 100 * kind.part_seconds / kind.whole_seconds;
  }
  figures.phase = kind.alert.phase();
  return figures;
}

std::optional<char> Encryption::grade() const {
  std::size_t within = 0, all = 0;
  for (const Kind& kind : kinds_) {
    within += kind.ratios.within(1);
    all += kind.ratios.count();
  }
  return encryption_grade(targets_, percent(within, all));
}

std::optional<double> Encryption::overhead_percent() const {
  double part = 0, rest = 0;
  for (const Kind& kind : kinds_) {
    part += kind.part_seconds;
    rest += kind.whole_seconds;
  }
  return rest > 0 ? std::optional(100 * part / rest) : std::nullopt;
}

}  // namespace alert
