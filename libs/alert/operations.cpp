#include "alert/operations.h"

#include "alert/operation_name.h"

namespace alert {

namespace {

struct Row {
  const char* name;
  std::int64_t threshold_ms;
};

// In the order of OperationKind.
constexpr std::array<Row, kOperationKinds> kRows{{
    {"query", 500},
    {"bulk", 5000},
    {"encryption", 100},
    {"decryption", 50},
    {"real_time_update", 200},
    {"concurrent_user", 1000},
    {"database_query", 200},
    {"api_endpoint", 500},
}};

constexpr const char* kOther = "other";
constexpr base::Duration kQuietFor = base::seconds(60);

std::size_t index(OperationKind kind) {
  return static_cast<std::size_t>(kind);
}

}  // namespace

const char* name(OperationKind kind) {
  return kRows[index(kind)].name;
}

std::optional<OperationKind> operation_kind(std::string_view name) {
  for (std::size_t at = 0; at < kOperationKinds; ++at) {
    if (name == kRows[at].name) return static_cast<OperationKind>(at);
  }
  return std::nullopt;
}

OperationThresholds default_operation_thresholds() {
  OperationThresholds all;
  for (std::size_t at = 0; at < kOperationKinds; ++at)
    all[at] = base::millis(kRows[at].threshold_ms);
  return all;
}

Operations::Operations(OperationThresholds thresholds, std::size_t names_most,
                       base::Duration cooldown)
    : thresholds_(thresholds), names_left_(names_most), cooldown_(cooldown) {}

std::pair<const Operations::Key, Operations::Tracked>& Operations::track(
    const Operation& operation) {
  Key key{operation.kind, operation_label(operation.name)};
  const auto known = tracked_.find(key);
  if (known != tracked_.end()) return *known;
  if (key.second != kOther) {
    if (names_left_ == 0) {
      key.second = kOther;
    } else {
      --names_left_;
    }
  }
  const auto [it, made] = tracked_.try_emplace(std::move(key));
  if (made) it->second.alert = Alert({.cooldown = cooldown_, .resolve_after = kQuietFor});
  return *it;
}

std::optional<OperationNotice> Operations::add(const Operation& operation, base::TimePoint now) {
  if (operation.duration.count() < 0) return std::nullopt;
  auto& [key, tracked] = track(operation);
  const double took = base::to_millis(operation.duration);
  tracked.durations.add(took);
  tracked.succeeded += operation.succeeded ? 1 : 0;
  tracked.size += operation.size;
  const base::Duration threshold = thresholds_[index(operation.kind)];
  const auto severity = severity_by_ratio(took, base::to_millis(threshold));
  const auto notice = tracked.alert.step(severity ? breached(*severity) : kWithin, now);
  if (!notice) return std::nullopt;
  return OperationNotice{operation.kind, key.second, *notice, operation.duration, threshold};
}

std::vector<OperationFigures> Operations::figures() const {
  std::vector<OperationFigures> all;
  for (const auto& [key, tracked] : tracked_) {
    OperationFigures one;
    one.kind = key.first;
    one.label = key.second;
    one.durations = tracked.durations.figures().value_or(Figures{});
    const std::uint64_t total = tracked.durations.total();
    one.failed = total - tracked.succeeded;
    if (total > 0) {
      one.success_rate = static_cast<double>(tracked.succeeded) / static_cast<double>(total);
    }
    one.size = tracked.size;
    one.phase = tracked.alert.phase();
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace alert
