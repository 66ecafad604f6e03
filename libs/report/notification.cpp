#include "report/notification.h"

#include <nlohmann/json.hpp>

#include "report/stamps.h"

namespace report {
namespace {

using Json = nlohmann::ordered_json;

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json json_of(const NotificationObjective& objective) {
  const auto& bounds = objective.bounds;
  const bool ended = bounds && bounds->upper;
  return {{"objectiveSeconds",
           objective.objective ? Json(seconds_of(*objective.objective)) : Json(nullptr)},
          {"lowerSeconds", bounds ? Json(seconds_of(bounds->lower)) : Json(nullptr)},
          {"upperSeconds", ended ? Json(seconds_of(*bounds->upper)) : Json(nullptr)}};
}

}  // namespace

const char* name(Moment moment) {
  switch (moment) {
    case Moment::Start: return "Start";
    case Moment::Miss: return "Miss";
    case Moment::End: return "End";
  }
  return "?";
}

std::string to_json(const NotificationMessage& message) {
  const Json out = {
      {"version", 1},
      {"moment", name(message.moment)},
      {"missed", text_or_null(message.missed)},
      {"drillId", message.drill_id},
      {"plan", message.plan},
      {"profile", message.profile},
      {"at", utc_nanos(message.at)},
      {"phase", message.phase},
      {"state", message.state},
      {"verdict", message.verdict ? Json(drill::name(*message.verdict)) : Json(nullptr)},
      {"reasons", message.reasons},
      {"rto", json_of(message.rto)},
      {"rpo", json_of(message.rpo)},
      {"reportPath", text_or_null(message.report_path)}};
  return out.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

NotificationMessage message_of(const drill::Report& report, Moment moment) {
  NotificationMessage out;
  out.moment = moment;
  out.drill_id = report.drill_id;
  out.plan = report.plan;
  out.profile = report.profile;
  out.at = report.finished;
  out.phase = drill::name(drill::Phase::Reporting);
  out.state = drill::name(report.final_state);
  out.verdict = report.verdict;
  out.reasons = report.reasons;
  out.rto = {report.rto.objective, report.rto.service};
  out.rpo = {report.rpo.objective, report.rpo.service};
  return out;
}

}  // namespace report
