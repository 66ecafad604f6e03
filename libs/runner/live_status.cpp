#include "runner/live_status.h"

#include <algorithm>

#include "runner/availability.h"

namespace runner {
namespace {

constexpr std::size_t kEventsKept = 40;

StreamHealth health_of(const probes::StreamStatus& stream, base::TimePoint now) {
  StreamHealth health;
  health.name = stream.info.name;
  health.decides = stream.info.decides;
  health.good = stream.good_since != base::kNever;
  health.answered = health.good || stream.bad_since != base::kNever;
  if (health.answered) {
    health.for_seconds =
        base::to_seconds(now - (health.good ? stream.good_since : stream.bad_since));
  }
  health.ok = stream.ok;
  health.bad = stream.bad;
  health.latency_millis = base::to_millis(stream.last_latency);
  if (stream.last_cause != drill::Cause::None) health.cause = drill::name(stream.last_cause);
  return health;
}

base::TimePoint phase_began(const Chronicle& chronicle, base::TimePoint otherwise) {
  const auto& timeline = chronicle.timeline();
  const auto last =
      std::find_if(timeline.rbegin(), timeline.rend(), [](const drill::TimelineEvent& event) {
        return event.kind == drill::TimelineEvent::Kind::PhaseBegan;
      });
  return last == timeline.rend() ? otherwise : last->at;
}

}  // namespace

DrillStatus live_status(const LiveInputs& inputs, const drill::Engine& engine,
                        const Chronicle& chronicle,
                        const std::vector<probes::StreamStatus>& streams, base::TimePoint now) {
  DrillStatus status;
  status.id = inputs.id;
  status.plan = inputs.plan.name;
  status.profile = inputs.plan.profile;
  status.target = inputs.target;
  status.pid = inputs.pid;
  status.started = base::rfc3339(inputs.started_wall);
  status.elapsed_seconds = base::to_seconds(now - inputs.started);
  status.phase = drill::name(engine.phase());
  status.state = drill::name(engine.state());
  status.phase_seconds = base::to_seconds(now - phase_began(chronicle, inputs.started));
  if (const drill::PartConfig* part = engine.current()) status.step = part->name;
  status.rto_seconds = static_cast<double>(inputs.plan.objectives.rto_seconds);
  if (const auto rpo = inputs.plan.objectives.rpo_seconds) {
    status.rpo_seconds = static_cast<double>(*rpo);
  }
  const Availability availability = availability_of(streams, now);
  if (availability.service == drill::Service::Bad && chronicle.fault_begun() != base::kNever) {
    status.outage_seconds = base::to_seconds(now - availability.since);
  }
  for (const probes::StreamStatus& stream : streams)
    status.streams.push_back(health_of(stream, now));
  const auto& timeline = chronicle.timeline();
  const std::size_t first = timeline.size() > kEventsKept ? timeline.size() - kEventsKept : 0;
  for (std::size_t i = first; i < timeline.size(); ++i) {
    const drill::TimelineEvent& event = timeline[i];
    std::string text = drill::name(event.kind);
    if (!event.subject.empty()) text += " " + event.subject;
    if (!event.text.empty()) text += ": " + event.text;
    status.events.push_back({static_cast<std::int64_t>(i + 1),
                             base::to_seconds(event.at - inputs.started), std::move(text)});
  }
  return status;
}

}  // namespace runner
