// What requests did in the last minutes and hours, by method and endpoint, for the query API. Cores
// pay nothing for it: the thread of the admin port looks at what they count anyway, every ten
// seconds, and keeps what came in between.
//
// It is kept twice: in slices of 10 s for 15 minutes, and in slices of 5 minutes for a day. A range
// of at most 15 minutes is answered from the first, a longer one from the second. As in history.h a
// slice belongs to a range when more than half of it lies inside, and the answer tells which time
// its slices cover.
//
// Memory: packed series (packed_series.h), 2 MB at most. Where that is not enough, with many
// endpoints or very mixed durations, the oldest slices go first, and the time covered is shorter.
// Only series that had requests in a slice take something of it.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "traffic/packed_series.h"
#include "traffic/requests.h"

namespace traffic {

/// Of all of one, or of all of several, in a range. What is a share of requests is empty without
/// them.
struct RequestFigures {
  std::uint64_t count = 0, errors = 0, server_errors = 0;  // status >= 400; >= 500
  std::optional<base::Duration> mean, p50, p95, p99;
  /// Places as in packed_series.h, ascending, of those that there were.
  std::vector<std::pair<std::size_t, std::uint64_t>> statuses;
};

struct RequestRange {
  struct Series {
    Method method{};
    EndpointId endpoint = kOtherEndpoint;
    RequestFigures figures;
  };
  struct Step {
    base::TimePoint from, to;  // that its slices cover
    std::uint64_t count = 0, errors = 0, server_errors = 0;
    std::optional<base::Duration> mean;
  };
  base::Duration covered{0};  // by slices
  base::Duration step{0};
  RequestFigures total;
  std::vector<Series> series;  // those with most requests first
  std::vector<Step> timeline;  // oldest first, 61 at most; no step where nothing was measured
};

/// Of whom; nothing: of all.
struct RequestFilter {
  std::optional<Method> method;
  std::optional<EndpointId> endpoint;
};

/// Thread: one.
class RequestHistory {
 public:
  static constexpr base::Duration kFine = base::seconds(10);
  static constexpr std::size_t kFineMost = 90;
  static constexpr base::Duration kCoarse = base::seconds(300);
  static constexpr std::size_t kCoarseMost = 288;
  static constexpr std::size_t kBytesMax = std::size_t{2} << 20;

  explicit RequestHistory(std::size_t bytes_max = kBytesMax) : bytes_max_(bytes_max) {}

  /// Looks at the totals; false, and nothing done, when less than nine tenths of a fine slice have
  /// gone since the last look. The first look is where counting begins.
  bool sample(const Requests& requests, base::TimePoint now);
  /// Of the last `range`.
  RequestRange look(base::Duration range, const RequestFilter& filter, base::TimePoint now) const;

  /// What the slices take.
  std::size_t bytes() const { return bytes_; }

 private:
  struct Key {
    Method method{};
    EndpointId endpoint = 0;
    auto operator<=>(const Key&) const = default;
  };
  struct Part {
    Key key;
    std::string packed;
  };
  struct Slice {
    base::TimePoint from, to;
    std::vector<Part> parts;  // by key
  };
  struct Known {
    std::uint64_t requests = 0;
    std::string packed;
  };
  using Slices = std::deque<Slice>;
  class Look;

  static std::size_t size_of(const Part& part);
  static std::size_t size_of(const Slice& slice);
  Slice difference(const Requests& requests, base::TimePoint now);
  void add_coarse(const Slice& slice);
  void merge(Slice& into, const Slice& slice);
  void drop_front(Slices& slices);
  void keep_within();

  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::optional<base::TimePoint> last_;
  std::map<Key, Known> known_;  // totals of the last look
  Slices fine_, coarse_;        // oldest first; the newest coarse one grows
  SeriesSum sum_;
  SeriesCounts counts_;
};

}  // namespace traffic
