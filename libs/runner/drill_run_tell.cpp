// What a drill tells others while it runs and when it has ended (spec.notifications).
#include <fmt/format.h>

#include "runner/drill_run.h"

namespace runner {

void DrillRun::tell_start() {
  // Counted from another moment than the onset or one before it, an outage that is too long by
  // itself may still be in time.
  const std::string& zero = plan_.objectives.zero_point;
  if (zero == "Onset" || zero == "FaultBegun") {
    miss_watch_.emplace(base::seconds(plan_.objectives.rto_seconds),
                        base::seconds(plan_.timing.hold_seconds));
  }
  if (setup_.notifier == nullptr) return;
  setup_.notifier->on_failure([this](const std::string& problem) {
    drive_->chronicle().note(clock_.now(), drill::TimelineEvent::Kind::Warning, "notification",
                             one_line(problem));
  });
  setup_.notifier->tell(message_now(report::Moment::Start));
}

report::NotificationMessage DrillRun::message_now(report::Moment moment) const {
  report::NotificationMessage out;
  out.moment = moment;
  out.drill_id = setup_.dir.id();
  out.plan = plan_.name;
  out.profile = plan_.profile;
  out.at = clock_.wall_now();
  out.phase = drill::name(drive_->engine().phase());
  out.state = drill::name(drive_->engine().state());
  out.rto.objective = base::seconds(plan_.objectives.rto_seconds);
  if (const auto rpo = plan_.objectives.rpo_seconds) out.rpo.objective = base::seconds(*rpo);
  return out;
}

void DrillRun::look_for_miss() {
  if (!miss_watch_) return;
  const auto lower =
      miss_watch_->look(instrument_->statuses(), drive_->chronicle().fault_begun(), clock_.now());
  if (!lower) return;
  rto_miss_told_ = true;
  drive_->chronicle().note(
      clock_.now(), drill::TimelineEvent::Kind::Warning, "RTO",
      fmt::format("surely missed: users are without service for {} at least", base::human(*lower)));
  if (setup_.notifier == nullptr) return;
  report::NotificationMessage message = message_now(report::Moment::Miss);
  message.missed = "RTO";
  message.rto.bounds = drill::Bounds{*lower, std::nullopt};
  setup_.notifier->tell(message);
}

/// What only the records told is told now; then the end.
void DrillRun::tell_end(const drill::Report& report) {
  if (setup_.notifier == nullptr) return;
  const auto tell = [&](report::Moment moment, const char* missed) {
    report::NotificationMessage message = report::message_of(report, moment);
    message.missed = missed;
    message.report_path = setup_.dir.report_json();
    setup_.notifier->tell(message);
  };
  if (report.rto.verdict == drill::Verdict::Missed && !rto_miss_told_) {
    tell(report::Moment::Miss, "RTO");
  }
  if (report.rpo.verdict == drill::Verdict::Missed) tell(report::Moment::Miss, "RPO");
  tell(report::Moment::End, "");
}

}  // namespace runner
