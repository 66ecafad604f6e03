#include "traffic/exposition.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "http1/grammar.h"
#include "http1/head.h"
#include "traffic/label.h"

namespace traffic {

namespace {

constexpr std::array<const char*, kDurationBuckets> kBounds{
    "0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1",
    "0.25",  "0.5",    "1.0",   "2.5",  "5.0",   "10.0", "+Inf"};
constexpr std::array<const char*, kStatusClasses> kClasses{"other", "1xx", "2xx",
                                                           "3xx",   "4xx", "5xx"};

template <class Number>
void append(std::string& out, Number number) {
  std::array<char, 32> text;
  const auto done = std::to_chars(text.data(), text.data() + text.size(), number);
  out.append(text.data(), done.ptr);
}

/// "name{labels" and whatever follows.
template <class... Parts>
void join(std::string& out, const Parts&... parts) {
  (out.append(parts), ...);
}

/// What stands before the samples of a family. OpenMetrics names a counter's family without _total.
void head(std::string& out, Format format, std::string_view name, const char* type,
          const char* help) {
  const bool open = format == Format::OpenMetrics;
  constexpr std::string_view kTotal = "_total";
  if (open && name.ends_with(kTotal)) name.remove_suffix(kTotal.size());
  join(out, "# HELP ", name, " ", help, "\n# TYPE ", name, " ", type, "\n");
  if (open && name.ends_with("_seconds")) join(out, "# UNIT ", name, " seconds\n");
  if (open && name.ends_with("_bytes")) join(out, "# UNIT ", name, " bytes\n");
}

void append_exemplar(std::string& out, const Exemplar& exemplar) {
  join(out, " # {trace_id=\"", exemplar.trace.text(), "\"} ");
  append(out, base::to_seconds(exemplar.duration));
  out += ' ';
  // Whole milliseconds: a double's shortest form would be an exponent for some.
  const std::int64_t millis = std::max<std::int64_t>(
      0, std::chrono::floor<std::chrono::milliseconds>(exemplar.at.time_since_epoch()).count());
  append(out, millis / 1000);
  const auto rest = static_cast<int>(millis % 1000);
  const std::array<char, 4> digits{'.', static_cast<char>('0' + rest / 100),
                                   static_cast<char>('0' + rest / 10 % 10),
                                   static_cast<char>('0' + rest % 10)};
  out.append(digits.data(), digits.size());
}

void gauge(std::string& out, Format format, const char* name, const char* help,
           std::int64_t value) {
  head(out, format, name, "gauge", help);
  join(out, name, " ");
  append(out, value);
  out += '\n';
}

/// Of the parameters of a member of Accept: what "q" says, else 1.
double weight(std::string_view parameters) {
  double out = 1;
  while (!parameters.empty()) {
    const std::size_t end = std::min(parameters.find(';'), parameters.size());
    const std::string_view one = http1::grammar::trim(parameters.substr(0, end));
    parameters.remove_prefix(std::min(end + 1, parameters.size()));
    if (one.size() < 2 || !http1::same_name(one.substr(0, 2), "q=")) continue;
    std::from_chars(one.data() + 2, one.data() + one.size(), out);
  }
  return out;
}

/// The highest of a type by its own name; 0: it is not named, or not wanted.
double weight_of(std::string_view type, std::string_view accept) {
  double out = 0;
  http1::grammar::each_member(accept, [&](std::string_view member) {
    const std::size_t end = std::min(member.find(';'), member.size());
    if (http1::same_name(http1::grammar::trim(member.substr(0, end)), type)) {
      out = std::max(out, weight(member.substr(std::min(end + 1, member.size()))));
    }
    return true;
  });
  return out;
}

}  // namespace

const char* content_type(Format format) {
  return format == Format::OpenMetrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

Format format_for(std::string_view accept) {
  const double open = weight_of("application/openmetrics-text", accept);
  return open > 0 && open >= weight_of("text/plain", accept) ? Format::OpenMetrics
                                                             : Format::Prometheus;
}

const char* Exposition::end(Format format) {
  return format == Format::OpenMetrics ? "# EOF\n" : "";
}

Exposition::Exposition(const Endpoints& endpoints, const Requests& requests)
    : endpoints_(endpoints), requests_(requests), labels_(kMethods * requests.endpoints_most()) {}

const std::string& Exposition::labels(Method method, EndpointId endpoint) {
  const std::size_t row = static_cast<std::size_t>(method) * requests_.endpoints_most();
  std::string& made = labels_[row + endpoint];
  if (!made.empty()) return made;
  join(made, "method=\"", name(method), "\",endpoint=\"");
  append_label(made, endpoints_.name(endpoint));
  made += '"';
  return made;
}

void Exposition::add_requests(const std::string& labels, const SeriesSum& sum) {
  for (int status = 100; status < kStatusEnd; ++status) {
    const std::uint64_t count = sum.with_status(status);
    if (count == 0) continue;
    join(counts_, "http_requests_total{", labels, ",status=\"");
    append(counts_, status);
    counts_ += "\"} ";
    append(counts_, count);
    counts_ += '\n';
  }
  for (std::size_t at = 0; at < kStatusClasses; ++at) {
    if (sum.beyond(at) == 0) continue;
    join(counts_, "http_requests_total{", labels, ",status=\"", kClasses[at], "\"} ");
    append(counts_, sum.beyond(at));
    counts_ += '\n';
  }
}

void Exposition::add_durations(const std::string& labels, const SeriesSum& sum, Format format) {
  const SketchSum& durations = sum.durations();
  std::array<std::uint64_t, kDurationBuckets> within;
  durations.count_within(kDurationBounds, std::span(within).first<kDurationBounds.size()>());
  within.back() = durations.count();
  for (std::size_t at = 0; at < kDurationBuckets; ++at) {
    join(durations_, "http_request_duration_seconds_bucket{", labels, ",le=\"", kBounds[at],
         "\"} ");
    append(durations_, within[at]);
    if (format == Format::OpenMetrics && sum.exemplar(at)) {
      append_exemplar(durations_, *sum.exemplar(at));
    }
    durations_ += '\n';
  }
  join(durations_, "http_request_duration_seconds_sum{", labels, "} ");
  append(durations_, base::to_seconds(durations.total()));
  join(durations_, "\nhttp_request_duration_seconds_count{", labels, "} ");
  append(durations_, durations.count());
  durations_ += '\n';
}

void Exposition::add_series(Method method, EndpointId endpoint, const SeriesSum& sum,
                            Format format) {
  const std::string& of = labels(method, endpoint);
  add_requests(of, sum);
  add_durations(of, sum, format);
  join(bytes_in_, "http_request_bytes_total{", of, "} ");
  append(bytes_in_, sum.bytes_in());
  bytes_in_ += '\n';
  join(bytes_out_, "http_response_bytes_total{", of, "} ");
  append(bytes_out_, sum.bytes_out());
  bytes_out_ += '\n';
}

void Exposition::write(Format format, std::string& out) {
  for (std::string* text : {&counts_, &durations_, &bytes_in_, &bytes_out_}) text->clear();
  head(counts_, format, "http_requests_total", "counter",
       "Requests that were answered, by method, endpoint and status.");
  head(durations_, format, "http_request_duration_seconds", "histogram",
       "Time from a request's head to the end of its answer.");
  head(bytes_in_, format, "http_request_bytes_total", "counter", "Bytes of requests.");
  head(bytes_out_, format, "http_response_bytes_total", "counter", "Bytes of answers.");
  requests_.visit(sum_, [this, format](Method method, EndpointId endpoint, const SeriesSum& sum) {
    add_series(method, endpoint, sum, format);
  });
  join(out, counts_, durations_, bytes_in_, bytes_out_);
  gauge(out, format, "http_requests_in_flight", "Requests that are not answered yet.",
        requests_.in_flight());
  gauge(out, format, "active_connections", "Connections of clients that are open.",
        requests_.connections());
}

}  // namespace traffic
