// The story of a drill as the engine told it: timeline, phases, step runs, and the moments that the
// outage phases are computed from. Fed with every event and action in order; fills its part of the
// Evidence. Pure.
//
// Detection is real: `declared` is when the assessment step saw the failure through what an
// operator could see, never when the injector knew it.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <utility>

#include "drill/engine_config.h"
#include "drill/engine_events.h"
#include "drill/evidence.h"

namespace runner {

/// The phase that a PhaseBegan event names; Reporting for any other word.
drill::Phase phase_named(const std::string& name);

/// What servers and programs say goes into lines of the timeline: "a\n\tb" becomes "a b".
std::string one_line(const std::string& text);

class Chronicle {
 public:
  explicit Chronicle(const drill::EngineConfig& config) : config_(config) {}

  /// Called with every entry of the timeline as it comes.
  using Listener = std::function<void(const drill::TimelineEvent&)>;
  void listen(Listener listener) { listener_ = std::move(listener); }

  void event(const drill::Event& event, base::TimePoint now);
  void action(const drill::Action& action, base::TimePoint now);
  /// An entry of the edge's own: "replication lag 12 kB at the fault".
  void note(base::TimePoint now, drill::TimelineEvent::Kind kind, std::string subject,
            std::string text);

  const std::vector<drill::TimelineEvent>& timeline() const { return timeline_; }
  const std::optional<drill::action::Finish>& finish() const { return finish_; }
  base::TimePoint fault_begun() const { return fault_begun_; }
  /// Writes timeline, steps, phases, moments and ending into the evidence.
  void fill(drill::Evidence& evidence) const;

 private:
  void add(drill::TimelineEvent entry);
  void step_began(drill::PartId id, base::TimePoint now);
  void step_ended(drill::PartId id, const drill::event::Applied& applied, base::TimePoint now);

  const drill::EngineConfig& config_;
  Listener listener_;
  std::vector<drill::TimelineEvent> timeline_;
  std::map<drill::PartId, drill::StepRun> runs_;  // in order of the plan
  std::set<drill::PartId> open_;                  // that will be answered once more
  std::map<drill::Phase, base::TimePoint> phase_began_;
  base::TimePoint fault_begun_ = base::kNever;
  base::TimePoint fault_effective_ = base::kNever;
  base::TimePoint declared_ = base::kNever;
  base::TimePoint decided_ = base::kNever;
  base::TimePoint redundancy_ = base::kNever;
  base::TimePoint ended_ = base::kNever;
  std::optional<drill::action::Finish> finish_;
};

}  // namespace runner
