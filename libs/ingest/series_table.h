// Figures that applications send, by name and labels, in memory that has a bound whatever is sent:
// so many names, so many series of a name, so many in all, of so many bytes each. What is beyond
// goes to the series "other" of its name, and beyond that to the name "other" of its kind, so that
// sums stay right; of gauges nothing is kept there, since the last value of anything means nothing.
//
// A name has one kind, the first that came: Prometheus refuses a page on which it has two. Names
// are compared as they are shown, so "a.b" and "a-b" are one.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "ingest/distinct.h"
#include "ingest/distribution.h"

namespace ingest {

enum class SeriesKind : std::uint8_t { Counter, Gauge, Distribution, Distinct };

struct SeriesBounds {
  std::size_t names_max = 256;
  std::size_t series_per_name_max = 64;
  std::size_t series_max = 1000;
  std::size_t labels_max = 8;
  std::size_t name_bytes_max = 120;
  std::size_t label_bytes_max = 64;
  /// Names that begin so are somebody else's on the same page: a figure of such a name conflicts.
  std::vector<std::string> reserved{};
};

/// Name and value of a label, as they were sent.
using RawLabel = std::pair<std::string_view, std::string_view>;

/// What became of a figure.
enum class Taken : std::uint8_t { Kept, Other, Dropped, Conflict };

/// Labels that tell people or requests apart: they are left out, or there would be as many series
/// as people.
bool is_identity(std::string_view label_name);

/// Thread: one at a time.
class SeriesTable {
 public:
  /// Asked of every gauge that is to be set; true: it was somebody else's, and nothing is kept.
  using Aside =
      std::function<bool(std::string_view name, const std::vector<RawLabel>& labels, double value)>;

  explicit SeriesTable(SeriesBounds bounds = {});

  void set_aside(Aside aside) { aside_ = std::move(aside); }

  /// A counter grows by `value` >= 0.
  Taken count(std::string_view name, const std::vector<RawLabel>& labels, double value);
  /// A counter whose sender adds up by itself is at `total` now. Nothing of that goes to "other".
  Taken count_up_to(std::string_view name, const std::vector<RawLabel>& labels, double total);
  /// A gauge is set, or changed by `value`.
  Taken set(std::string_view name, const std::vector<RawLabel>& labels, double value);
  Taken change(std::string_view name, const std::vector<RawLabel>& labels, double value);
  /// A value of a distribution, which stands for `weight` of them.
  Taken observe(std::string_view name, const std::vector<RawLabel>& labels, double value,
                double weight = 1);
  /// Values that were put into buckets before: since the last time, or all that there ever were.
  enum class Merge : std::uint8_t { Add, Replace };
  Taken merge(std::string_view name, const std::vector<RawLabel>& labels,
              const Distribution& values, Merge how);
  /// One of the things whose different ones are counted.
  Taken see(std::string_view name, const std::vector<RawLabel>& labels, std::string_view thing);

  /// Ends the window in which different things are counted: what is shown is the last whole one.
  void end_window();

  std::size_t names() const { return families_.size(); }
  std::size_t series() const { return series_; }

  /// The value of a counter, a gauge, or how many different things; nothing: no such series.
  std::optional<double> value(std::string_view name, const std::vector<RawLabel>& labels) const;
  /// Nothing: no such series, or of another kind.
  std::optional<Distribution> distribution(std::string_view name,
                                           const std::vector<RawLabel>& labels) const;

  /// Prometheus' text format 0.0.4. Counters are "name_total", different things "name_distinct".
  std::string text() const;

 private:
  struct Window {
    Distinct now;
    std::optional<double> last;
    double number() const { return std::round(now.estimate()); }
  };
  using Value = std::variant<double, Distribution, Window>;
  struct Family {
    SeriesKind kind = SeriesKind::Counter;
    std::map<std::string, Value, std::less<>> series;  // by labels as they are shown
  };
  struct Place {
    Value* value = nullptr;  // nullptr: nowhere
    Taken taken = Taken::Dropped;
  };

  std::string labels_text(const std::vector<RawLabel>& labels) const;
  Place place(SeriesKind kind, std::string_view name, const std::vector<RawLabel>& labels);
  Place place_in(Family& family, std::string labels);
  Family* family_of(SeriesKind kind, const std::string& name, Taken& why_not);
  const Value* find(std::string_view name, const std::vector<RawLabel>& labels) const;

  SeriesBounds bounds_;
  std::map<std::string, Family, std::less<>> families_;
  std::map<std::string, std::string, std::less<>> shown_;  // names of lines, and whose they are
  std::size_t series_ = 0;
  Aside aside_;  // empty: nobody else's
};

}  // namespace ingest
