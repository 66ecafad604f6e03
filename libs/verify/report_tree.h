// The figures in the shape of report.json: its keys, its units, its nulls. Nothing is computed in
// here but sums over what was computed before.
#pragma once

#include <string>
#include <vector>

#include "api/node.h"
#include "bundle/bundle.h"
#include "verify/consistency.h"
#include "verify/recompute.h"

namespace verify {

class ReportTree {
 public:
  /// Stamps are told relative to `origin`.
  explicit ReportTree(TimePoint origin) : origin_(origin) {}

  /// What is told and not computed: the report has to tell the same.
  api::Node about(const bundle::Bundle& bundle, const Rules& rules) const;
  api::Node instrument(const Instrument& instrument, TimePoint from, TimePoint until) const;
  api::Node ledger(const Ledger& ledger, bool any_read) const;
  static api::Node consistency(const Consistency& consistency);
  static api::Node objective(const char* name, const Judged& judged, const Rules& rules);
  static api::Node part(const Part& part);
  static api::Node demand(const JudgedDemand& judged);
  static api::Node signal(const Watched& watched);
  api::Node stream(const Stream& stream, const Outages& outages, Verdict verdict) const;
  api::Node at(TimePoint when) const;

 private:
  api::Node known(const KnownOutage& outage) const;
  api::Node stalls(const std::vector<drill::Stall>& all) const;
  api::Node stalled(const std::vector<drill::Stall>& all, TimePoint from, TimePoint until) const;
  api::Node outage(const Stream& stream, const Outage& outage) const;

  TimePoint origin_;
};

/// A list of what `make` makes of each item.
template <class T, class Make>
api::Node list_of(const std::vector<T>& items, Make make) {
  api::Node out = api::Node::sequence();
  for (const T& item : items) out.push(make(item));
  return out;
}

}  // namespace verify
