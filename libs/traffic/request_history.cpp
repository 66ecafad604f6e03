#include "traffic/request_history.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <tuple>
#include <utility>

namespace traffic {
namespace {

constexpr std::int64_t kStepsMost = 60;
constexpr int kErrors = 400;
constexpr int kServerErrors = 500;

RequestFigures figures_of(const SeriesCounts& counts, SketchSum& sketch) {
  RequestFigures out;
  out.count = counts.requests();
  out.errors = counts.errors(kErrors);
  out.server_errors = counts.errors(kServerErrors);
  for (std::size_t at = 0; at < kStatusPlaces; ++at) {
    if (counts.statuses()[at] > 0) out.statuses.emplace_back(at, counts.statuses()[at]);
  }
  sketch.clear();
  counts.add_to(sketch);
  if (sketch.count() == 0) return out;
  out.mean = sketch.mean();
  out.p50 = sketch.quantile(0.50);
  out.p95 = sketch.quantile(0.95);
  out.p99 = sketch.quantile(0.99);
  return out;
}

/// So that there are at most sixty, of whole slices.
base::Duration step_of(base::Duration range, base::Duration slice) {
  const std::int64_t slices = (range + slice - base::Duration(1)) / slice;
  return std::max<std::int64_t>((slices + kStepsMost - 1) / kStepsMost, 1) * slice;
}

}  // namespace

bool RequestHistory::sample(const Requests& requests, base::TimePoint now) {
  if (last_ && now - *last_ < kFine * 19 / 20) return false;
  Slice slice = difference(requests, now);
  const bool first = !last_;
  last_ = now;
  if (first) return true;
  add_coarse(slice);
  bytes_ += size_of(slice);
  fine_.push_back(std::move(slice));
  keep_within();
  return true;
}

std::size_t RequestHistory::size_of(const Part& part) {
  constexpr std::size_t kInside = 15;  // bytes that a string has room for in itself
  const std::size_t room = part.packed.capacity();
  return sizeof(Part) + (room > kInside ? room + 1 : 0);
}

std::size_t RequestHistory::size_of(const Slice& slice) {
  std::size_t out = sizeof(Slice);
  for (const Part& part : slice.parts) out += size_of(part);
  return out;
}

/// What came since the last look, which this one takes the place of.
RequestHistory::Slice RequestHistory::difference(const Requests& requests, base::TimePoint now) {
  Slice out{last_.value_or(now), now, {}};
  requests.visit(sum_, [&](Method method, EndpointId endpoint, const SeriesSum& sum) {
    const Key key{method, endpoint};
    Known& known = known_[key];
    const std::uint64_t count = sum.requests();
    if (count == known.requests) return;
    counts_.set(sum);
    std::string packed = counts_.pack();
    counts_.subtract(known.packed);
    known = {count, std::move(packed)};
    if (std::string part = counts_.pack(); !part.empty()) out.parts.push_back({key, part});
  });
  out.parts.shrink_to_fit();
  return out;
}

void RequestHistory::add_coarse(const Slice& slice) {
  const bool grows = !coarse_.empty() && coarse_.back().to - coarse_.back().from < kCoarse;
  if (!grows) {
    coarse_.push_back(slice);
    bytes_ += size_of(slice);
    return;
  }
  bytes_ -= size_of(coarse_.back());
  merge(coarse_.back(), slice);
  bytes_ += size_of(coarse_.back());
}

/// Parts of both are in order of their keys.
void RequestHistory::merge(Slice& into, const Slice& slice) {
  std::vector<Part> all;
  all.reserve(into.parts.size() + slice.parts.size());
  auto mine = into.parts.begin();
  for (const Part& part : slice.parts) {
    while (mine != into.parts.end() && mine->key < part.key) all.push_back(std::move(*mine++));
    if (mine == into.parts.end() || mine->key != part.key) {
      all.push_back(part);
      continue;
    }
    counts_.clear();
    counts_.add(mine->packed);
    counts_.add(part.packed);
    all.push_back({part.key, counts_.pack()});
    ++mine;
  }
  std::move(mine, into.parts.end(), std::back_inserter(all));
  all.shrink_to_fit();
  into.parts = std::move(all);
  into.to = slice.to;
}

void RequestHistory::drop_front(Slices& slices) {
  bytes_ -= size_of(slices.front());
  slices.pop_front();
}

/// The oldest goes first; the newest of each stays.
void RequestHistory::keep_within() {
  if (fine_.size() > kFineMost) drop_front(fine_);
  if (coarse_.size() > kCoarseMost) drop_front(coarse_);
  if (bytes_ <= bytes_max_) return;
  std::size_t fine = 0;
  for (const Slice& slice : fine_) fine += size_of(slice);
  while (bytes_ > bytes_max_ && fine_.size() + coarse_.size() > 2) {
    const bool too_fine = fine_.size() > 1 && (fine > bytes_max_ / 2 || coarse_.size() == 1);
    if (too_fine) fine -= size_of(fine_.front());
    drop_front(too_fine ? fine_ : coarse_);
  }
}

/// The slices of a range are added one after the other, and series are summed up at the end, each
/// in the same place: a dense one is 17 kB.
class RequestHistory::Look {
 public:
  Look(base::Duration step, const RequestFilter& filter, base::TimePoint begin)
      : filter_(filter), begin_(begin) {
    out_.step = step;
  }

  void add(const Slice& slice, base::TimePoint middle) {
    out_.covered += slice.to - slice.from;
    here_.clear();
    for (const Part& part : slice.parts) {
      if (!asked(part.key)) continue;
      series_[part.key].push_back(part.packed);
      here_.add(part.packed);
      total_.add(part.packed);
    }
    const std::int64_t at = std::max(middle - begin_, base::Duration(0)) / out_.step;
    if (std::exchange(at_, at) != at) {
      out_.timeline.push_back({slice.from, slice.to, 0, 0, 0, {}});
      nanos_ = 0;
    }
    add_to_step(out_.timeline.back(), slice.to);
  }

  RequestRange take() {
    SketchSum sketch;
    out_.total = figures_of(total_, sketch);
    for (const auto& [key, parts] : series_) {
      here_.clear();
      for (const std::string_view part : parts) here_.add(part);
      out_.series.push_back({key.method, key.endpoint, figures_of(here_, sketch)});
    }
    std::ranges::sort(out_.series, [](const auto& one, const auto& other) {
      return std::tuple(other.figures.count, one.method, one.endpoint) <
             std::tuple(one.figures.count, other.method, other.endpoint);
    });
    return std::move(out_);
  }

 private:
  bool asked(const Key& key) const {
    return (!filter_.method || *filter_.method == key.method) &&
           (!filter_.endpoint || *filter_.endpoint == key.endpoint);
  }

  void add_to_step(RequestRange::Step& step, base::TimePoint to) {
    step.to = to;
    step.count += here_.requests();
    step.errors += here_.errors(kErrors);
    step.server_errors += here_.errors(kServerErrors);
    nanos_ += here_.nanos();
    if (step.count > 0) {
      step.mean = base::Duration(static_cast<std::int64_t>(nanos_ / step.count));
    }
  }

  const RequestFilter& filter_;
  const base::TimePoint begin_;
  RequestRange out_;
  std::map<Key, std::vector<std::string_view>> series_;
  SeriesCounts total_, here_;
  std::int64_t at_ = -1;     // which step is the newest
  std::uint64_t nanos_ = 0;  // of it
};

RequestRange RequestHistory::look(base::Duration range, const RequestFilter& filter,
                                  base::TimePoint now) const {
  const bool fine = range <= kFine * static_cast<std::int64_t>(kFineMost);
  const Slices& slices = fine ? fine_ : coarse_;
  const base::TimePoint begin = now - range;
  Look look(step_of(range, fine ? kFine : kCoarse), filter, begin);
  for (const Slice& slice : slices) {
    const base::TimePoint middle = slice.from + (slice.to - slice.from) / 2;
    const bool newest = &slice == &slices.back() && slice.to > begin;
    if (newest || middle > begin) look.add(slice, middle);
  }
  return look.take();
}

}  // namespace traffic
