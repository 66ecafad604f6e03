#include "sidecar/users_page.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <string_view>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "alert/user_forecast.h"
#include "sidecar/replies.h"

namespace sidecar {
namespace {

constexpr std::string_view kGrades = "ABCDF";
constexpr std::size_t kTopMax = 256;
constexpr std::size_t kUsersMax = 1'000'000;
constexpr base::Duration kWanted = base::seconds(1);

std::int64_t number(std::size_t value) {
  return static_cast<std::int64_t>(value);
}

const char* name(alert::Strategy strategy) {
  switch (strategy) {
    case alert::Strategy::FairShare: return "fair-share";
    case alert::Strategy::Priority: return "priority";
    case alert::Strategy::Adaptive: return "adaptive";
  }
  return "fair-share";
}

std::size_t users_of_grade(const UsersSeen& seen, char grade) {
  return static_cast<std::size_t>(std::ranges::count_if(
      seen.rows,
      [grade](const alert::UserRow& row) { return row.figures.grade == std::optional(grade); }));
}

std::size_t users_under(const UsersSeen& seen, alert::Remedy remedy) {
  return static_cast<std::size_t>(std::ranges::count_if(
      seen.rows, [remedy](const alert::UserRow& row) { return row.answer.remedy == remedy; }));
}

std::size_t waiting(const UsersSeen& seen) {
  std::size_t all = 0;
  for (const alert::UserRow& row : seen.rows) all += row.waiting;
  return all;
}

api::Node quota_node(const alert::UserQuota& quota) {
  return api::Node::map()
      .set("requests", quota.concurrent_requests)
      .set("memoryBytes", quota.memory_bytes)
      .set("cpuPercent", quota.cpu_percent)
      .set("databaseConnections", quota.database_connections)
      .set("impactRatio", quota.impact_ratio);
}

/// What it takes, and that as a share of what it may.
api::Node usage_node(const alert::UserUsage& usage, const alert::UserQuota& quota) {
  api::Node out = api::Node::map();
  const auto add = [&out](const char* name, std::optional<double> value, double allowed) {
    if (!value) return;
    out.set(name, api::Node::map().set("value", *value).set("ratio", *value / allowed));
  };
  add("requests", usage.concurrent_requests, quota.concurrent_requests);
  add("memoryBytes", usage.memory_bytes, quota.memory_bytes);
  add("cpuPercent", usage.cpu_percent, quota.cpu_percent);
  add("databaseConnections", usage.database_connections, quota.database_connections);
  return out;
}

api::Node row_node(const alert::UserRow& row, const alert::UserQuota& quota) {
  api::Node violated = api::Node::sequence();
  for (const alert::Violated& one : row.violated) {
    violated.items().push_back(api::Node::map()
                                   .set("kind", alert::name(one.violation))
                                   .set("value", one.value)
                                   .set("quota", one.quota));
  }
  api::Node counts = api::Node::map();
  for (std::size_t i = 0; i < alert::kViolationCount; ++i) {
    counts.set(alert::name(static_cast<alert::Violation>(i)),
               static_cast<std::int64_t>(row.violations[i]));
  }
  api::Node out = api::Node::map()
                      .set("id", text(row.user))
                      .set("sessionSeconds", row.known_for / base::seconds(1))
                      .set("running", number(row.running))
                      .set("waiting", number(row.waiting))
                      .set("responses", number(row.figures.responses));
  if (row.figures.mean) out.set("meanMillis", base::to_millis(*row.figures.mean));
  if (row.figures.grade) out.set("grade", std::string(1, *row.figures.grade));
  return out.set("usage", usage_node(row.usage, quota))
      .set("violated", std::move(violated))
      .set("violations", std::move(counts))
      .set("answer", alert::name(row.answer.remedy))
      .set("delayMillis", base::to_millis(row.answer.delay));
}

api::Node top_node(const UsersSeen& seen, std::size_t top) {
  std::vector<alert::UserRow> rows = seen.rows;
  std::ranges::sort(rows, std::greater(), [](const alert::UserRow& row) {
    return std::tuple(row.violated.size(), row.running + row.waiting, row.figures.responses,
                      row.user.value());
  });
  api::Node out = api::Node::sequence();
  for (std::size_t i = 0; i < std::min(top, rows.size()); ++i) {
    out.items().push_back(row_node(rows[i], seen.settings.users.quota));
  }
  return out;
}

/// Those who were answered, and the mean of all their responses.
alert::UserLoad load_of(const UsersSeen& seen, double utilisation) {
  alert::UserLoad load;
  load.utilisation = utilisation;
  double millis = 0;
  std::size_t responses = 0;
  for (const alert::UserRow& row : seen.rows) {
    if (!row.figures.mean) continue;
    ++load.users;
    responses += row.figures.responses;
    millis += base::to_millis(*row.figures.mean) * static_cast<double>(row.figures.responses);
  }
  if (responses > 0) {
    const double nanos = millis * 1e6 / static_cast<double>(responses);
    load.response = base::Duration(static_cast<std::int64_t>(nanos));
  }
  return load;
}

api::Node forecast_node(const UsersSeen& seen, std::size_t users,
                        std::optional<double> utilisation) {
  api::Node out = api::Node::map().set("users", number(users));
  if (!utilisation) return out.set("unknown", "the CPU of the application is not watched");
  const alert::UserLoad load = load_of(seen, *utilisation);
  const auto forecast = alert::forecast_users(load, users);
  if (!forecast) return out.set("unknown", "no user was answered yet, or the CPU is all in use");
  out.set("utilisation", forecast->utilisation)
      .set("grade", std::string(1, forecast->grade))
      .set("far", forecast->far)
      .set("saturated", !forecast->response);
  if (forecast->response) out.set("meanMillis", base::to_millis(*forecast->response));
  if (const auto within = alert::users_within(load, kWanted)) {
    out.set("usersWithinOneSecond", number(*within));
  }
  return out.set("from", api::Node::map()
                             .set("users", number(load.users))
                             .set("meanMillis", base::to_millis(load.response))
                             .set("utilisation", load.utilisation));
}

base::Result<std::size_t> argument(std::string_view name, std::string_view value,
                                   std::size_t most) {
  std::size_t out = 0;
  const auto parsed = std::from_chars(value.data(), value.data() + value.size(), out);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == value.data() + value.size();
  if (whole && out >= 1 && out <= most) return out;
  return base::fail(base::Code::InvalidArgument,
                    fmt::format("{}={}: a number from 1 to {}", name, value, most));
}

class Text {
 public:
  void family(const char* name, const char* type, const char* help) {
    name_ = name;
    out_ += fmt::format("# HELP muster_sidecar_{0} {1}\n# TYPE muster_sidecar_{0} {2}\n", name,
                        help, type);
  }
  template <class Value>
  void sample(const std::string& labels, Value value, const char* suffix = "") {
    out_ += fmt::format("muster_sidecar_{}{}{} {}\n", name_, suffix, labels, value);
  }
  std::string take() { return std::move(out_); }

 private:
  std::string_view name_;
  std::string out_;
};

void users_now(Text& text, const UsersSeen& seen) {
  text.family("users", "gauge", "Users with a session.");
  text.sample("", seen.rows.size());
  text.family("users_by_grade", "gauge", "Users by the grade of their mean response.");
  for (const char grade : kGrades) {
    text.sample(fmt::format("{{grade=\"{}\"}}", grade), users_of_grade(seen, grade));
  }
  text.family("users_by_answer", "gauge", "Users by what is done about their violations.");
  for (const auto remedy :
       {alert::Remedy::Throttle, alert::Remedy::Queue, alert::Remedy::Isolate}) {
    text.sample(fmt::format("{{answer=\"{}\"}}", alert::name(remedy)), users_under(seen, remedy));
  }
  text.family("user_requests_waiting", "gauge", "Requests that wait for their turn.");
  text.sample("", waiting(seen));
}

void requests(Text& text, const alert::UserGateCounts& counts) {
  text.family("user_requests_total", "counter", "Requests of users by what became of them.");
  const std::pair<const char*, std::uint64_t> results[] = {
      {"at_once", counts.at_once}, {"waited", counts.waited},           {"queue_full", counts.full},
      {"wait_over", counts.late},  {"too_many_users", counts.no_place}, {"gone", counts.abandoned}};
  for (const auto& [result, count] : results) {
    text.sample(fmt::format("{{result=\"{}\"}}", result), count);
  }
  text.family("user_requests_dry_run_total", "counter",
              "Requests that were let in and would have had to wait, or been refused.");
  text.sample("{result=\"wait\"}", counts.would_wait);
  text.sample("{result=\"too_many_users\"}", counts.would_refuse);
  text.family("user_violations_total", "counter",
              "Users above a quota, once for each look, which is once a second.");
  for (std::size_t i = 0; i < alert::kViolationCount; ++i) {
    text.sample(fmt::format("{{kind=\"{}\"}}", alert::name(static_cast<alert::Violation>(i))),
                counts.violations[i]);
  }
  text.family("user_reports_total", "counter", "What the application reported of its users.");
  text.sample("{result=\"taken\"}", counts.reports);
  text.sample("{result=\"no_such_user\"}", counts.reports_of_nobody);
}

void waits(Text& text, const alert::UserGateCounts& counts) {
  text.family("user_wait_seconds", "histogram", "How long requests waited that had their turn.");
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < alert::kWaitBounds.size(); ++i) {
    all += counts.waits[i];
    text.sample(fmt::format("{{le=\"{}\"}}", alert::kWaitBounds[i]), all, "_bucket");
  }
  all += counts.waits.back();
  text.sample("{le=\"+Inf\"}", all, "_bucket");
  text.sample("", counts.wait_seconds, "_sum");
  text.sample("", all, "_count");
}

}  // namespace

base::Result<UsersQuestion> users_question(std::string_view arguments) {
  UsersQuestion out;
  while (!arguments.empty()) {
    const std::size_t end = arguments.find('&');
    const std::string_view one = arguments.substr(0, end);
    arguments.remove_prefix(end == std::string_view::npos ? arguments.size() : end + 1);
    const std::size_t equals = std::min(one.find('='), one.size());
    const std::string_view name = one.substr(0, equals);
    const std::string_view value = equals < one.size() ? one.substr(equals + 1) : "";
    if (name == "top") {
      TRY(out.top, argument(name, value, kTopMax));
    }
    if (name == "users") {
      TRY(out.users, argument(name, value, kUsersMax));
    }
  }
  return out;
}

api::Node users_node(const UsersSeen& seen, const UsersQuestion& question,
                     std::optional<double> utilisation) {
  const alert::UsersPolicy& policy = seen.settings.users;
  api::Node grades = api::Node::map();
  for (const char grade : kGrades) {
    grades.set(std::string(1, grade), number(users_of_grade(seen, grade)));
  }
  return api::Node::map()
      .set("mode", seen.settings.enforced ? "on" : "dry-run")
      .set("strategy", name(policy.strategy))
      .set("quota", quota_node(policy.quota))
      .set("usersMax", number(policy.users_most))
      .set("users", number(seen.rows.size()))
      .set("waiting", number(waiting(seen)))
      .set("grades", std::move(grades))
      .set("top", top_node(seen, question.top))
      .set("forecast", forecast_node(seen, question.users > 0 ? question.users : policy.users_most,
                                     utilisation));
}

net::HttpReply users_page(const net::HttpRequest& request, const std::optional<UsersSeen>& seen,
                          std::optional<double> utilisation) {
  if (!seen) return json_reply(200, api::Node::map().set("mode", "off"));
  const std::string_view target = request.target;
  const std::size_t mark = target.find('?');
  const auto question =
      users_question(mark == std::string_view::npos ? "" : target.substr(mark + 1));
  if (!question) return error_reply(400, question.error().message);
  return json_reply(200, users_node(*seen, *question, utilisation));
}

std::string users_exposition(const UsersSeen& seen) {
  Text text;
  users_now(text, seen);
  requests(text, seen.counts);
  waits(text, seen.counts);
  return text.take();
}

}  // namespace sidecar
