#include "sidecar/requests_page.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "sidecar/replies.h"
#include "sidecar/watch_words.h"

namespace sidecar {
namespace {

constexpr std::array<const char*, traffic::kStatusClasses> kClasses{"other", "1xx", "2xx",
                                                                    "3xx",   "4xx", "5xx"};

base::Result<> refuse(std::string_view name, std::string_view value, std::string_view allowed) {
  return base::fail(base::Code::InvalidArgument, fmt::format("{} '{}': {}", name, value, allowed));
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Nothing: a % without two digits.
std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? digit_of(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? digit_of(text[i + 2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

constexpr std::string_view kArguments = "range, method or endpoint";

base::Result<> take(RequestsQuestion& out, std::string_view name, std::string_view value) {
  if (name == "range") {
    TRY(out.range, parse_range(value));
  } else if (name == "method") {
    out.method = traffic::method_of(value);
    if (*out.method == traffic::Method::Other && value != "OTHER") {
      return refuse(name, value, "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS, TRACE or OTHER");
    }
  } else if (name == "endpoint") {
    out.endpoint = decoded(value);
    if (!out.endpoint) return refuse(name, value, "a % has two hexadecimal digits");
  } else {
    return tl::unexpected(no_such_argument(name, kArguments));
  }
  return {};
}

std::string status_of(std::size_t place) {
  return place < traffic::kStatusEnd ? std::to_string(place)
                                     : kClasses[place - traffic::kStatusEnd];
}

std::int64_t number(std::uint64_t count) {
  return static_cast<std::int64_t>(count);
}

/// What a count comes to: a second, and as a share.
void set_rate(api::Node& node, std::uint64_t count, base::Duration covered) {
  node.set("count", number(count));
  if (covered.count() > 0) {
    node.set("perSecond", static_cast<double>(count) / base::to_seconds(covered));
  }
}

void set_share(api::Node& node, const char* name, std::uint64_t part, std::uint64_t all) {
  if (all > 0) node.set(name, static_cast<double>(part) / static_cast<double>(all));
}

void set_millis(api::Node& node, const char* name, const std::optional<base::Duration>& value) {
  if (value) node.set(name, base::to_millis(*value));
}

/// Into a node that may say already whose figures they are.
api::Node figures_node(api::Node out, const traffic::RequestFigures& figures,
                       base::Duration covered) {
  set_rate(out, figures.count, covered);
  set_share(out, "errorRate", figures.errors, figures.count);
  set_share(out, "serverErrorRate", figures.server_errors, figures.count);
  set_millis(out, "meanMillis", figures.mean);
  set_millis(out, "p50Millis", figures.p50);
  set_millis(out, "p95Millis", figures.p95);
  set_millis(out, "p99Millis", figures.p99);
  api::Node statuses = api::Node::map();
  for (const auto& [place, count] : figures.statuses) {
    api::Node one = api::Node::map();
    set_rate(one, count, covered);
    statuses.set(status_of(place), std::move(one));
  }
  out.set("statuses", std::move(statuses));
  return out;
}

api::Node step_node(const traffic::RequestRange::Step& step, base::WallTime from) {
  api::Node out = api::Node::map().set("time", base::rfc3339(from));
  out.set("coveredSeconds", base::to_seconds(step.to - step.from));
  set_rate(out, step.count, step.to - step.from);
  out.set("errors", number(step.errors)).set("serverErrors", number(step.server_errors));
  set_millis(out, "meanMillis", step.mean);
  return out;
}

/// The number of an endpoint; one that is none of them: it is not there.
std::optional<traffic::EndpointId> number_of(const traffic::Endpoints& endpoints,
                                             std::string_view name) {
  for (std::size_t id = 0; id < endpoints.size(); ++id) {
    if (endpoints.name(static_cast<traffic::EndpointId>(id)) == name) {
      return static_cast<traffic::EndpointId>(id);
    }
  }
  return std::nullopt;
}

}  // namespace

base::Result<RequestsQuestion> requests_question(std::string_view arguments) {
  RequestsQuestion out;
  std::vector<std::string_view> taken;
  for (const auto& [name, value] : arguments_of(arguments)) {
    if (std::ranges::find(taken, name) != taken.end()) {
      return tl::unexpected(no_such_argument(name, kArguments));
    }
    TRY(take(out, name, value));
    taken.push_back(name);
  }
  return out;
}

api::Node requests_node(const traffic::RequestRange& range, base::Duration asked,
                        const traffic::Endpoints& endpoints, base::TimePoint now,
                        base::WallTime wall) {
  api::Node series = api::Node::sequence();
  for (const auto& each : range.series) {
    series.items().push_back(
        figures_node(api::Node::map()
                         .set("method", traffic::name(each.method))
                         .set("endpoint", std::string(endpoints.name(each.endpoint))),
                     each.figures, range.covered));
  }
  api::Node timeline = api::Node::sequence();
  for (const auto& step : range.timeline) {
    timeline.items().push_back(step_node(step, wall - (now - step.from)));
  }
  return api::Node::map()
      .set("rangeSeconds", asked / base::seconds(1))
      .set("coveredSeconds", base::to_seconds(range.covered))
      .set("stepSeconds", range.step / base::seconds(1))
      .set("total", figures_node(api::Node::map(), range.total, range.covered))
      .set("series", std::move(series))
      .set("timeline", std::move(timeline));
}

net::HttpReply requests_page(const net::HttpRequest& request,
                             const traffic::RequestHistory& history,
                             const traffic::Endpoints& endpoints, base::TimePoint now,
                             base::WallTime wall) {
  const std::string_view target = request.target;
  const std::size_t mark = target.find('?');
  const auto question =
      requests_question(mark == std::string_view::npos ? "" : target.substr(mark + 1));
  if (!question) return error_reply(400, question.error().message);
  traffic::RequestFilter filter{.method = question->method, .endpoint = {}};
  if (question->endpoint) {
    // A number that no endpoint has: no series is of it.
    filter.endpoint = number_of(endpoints, *question->endpoint)
                          .value_or(static_cast<traffic::EndpointId>(endpoints.most()));
  }
  return json_reply(200, requests_node(history.look(question->range, filter, now), question->range,
                                       endpoints, now, wall));
}

}  // namespace sidecar
