// A source that has its figures from the kubelet instead of from files. It is told them whenever
// somebody has asked, and gives each of them to one reading: the kubelet looks every ten or fifteen
// seconds and is asked more often, and what it said once is one point of the history however often
// it is heard. A reading in between has what the sampler reads itself (network, machine) and
// nothing of this.
//
// What is of another pod (one that had the name before) is dropped.
//
// Nor is anything old taken for new: what is older than what was heard before is dropped, and so is
// what was old when it came, such as the last word of a kubelet that stands still.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "sampling/kubelet_stats.h"
#include "sampling/source.h"

namespace sampling {

/// For so long a reading says how things are: twice what the slowest kubelet takes, and how long it
/// may lie in between.
inline constexpr base::Duration kKubeletFresh = base::seconds(60);

class KubeletSource final : public Source {
 public:
  enum class Heard { New, Same, Old, Other };
  /// `uid`: of the pod; empty: it is not known, and any will do.
  explicit KubeletSource(std::string uid = {}) : uid_(std::move(uid)) {}
  /// Units: `now` and `wall` are the same moment.
  Heard hear(KubeletStats stats, base::TimePoint now, base::WallTime wall);

  /// How long ago the kubelet looked, by the steady clock since it was heard; nothing: never heard.
  std::optional<base::Duration> age(base::TimePoint now) const;
  bool fresh(base::TimePoint now) const;
  /// There is something that no reading has had yet.
  bool waiting() const { return waiting_.has_value(); }

  void read(Reading& reading, Reader& reader) override;
  std::string_view container(std::uint32_t group) const override;

 private:
  std::string uid_;
  std::optional<KubeletStats> waiting_;
  base::WallTime last_{};  // of the newest that was heard
  base::TimePoint heard_{};
  std::optional<base::Duration> age_then_;  // nothing: never heard
  std::vector<std::string> names_;
};

}  // namespace sampling
