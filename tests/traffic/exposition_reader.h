// A strict reader of both text formats, as a judge of the exposition: what neither Prometheus' nor
// OpenMetrics' grammar allows is a complaint. Of the grammar it knows what this suite writes:
// counters, gauges, histograms, exemplars.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace traffic {

struct ReadExemplar {
  std::string trace_id;
  double value = 0;
  double seconds = 0;
};

struct ReadExposition {
  std::string complaint;                 // empty when the text is as it should be
  std::map<std::string, double> values;  // by the sample's text before the value
  std::map<std::string, ReadExemplar> exemplars;
  std::map<std::string, std::string> types;  // by family
  std::map<std::string, std::string> units;
};

/// Reads a whole exposition; with `open` as OpenMetrics, which ends with "# EOF".
ReadExposition read_exposition(std::string_view text, bool open);

}  // namespace traffic
