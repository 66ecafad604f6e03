// What `/validate` says of plans, schedules, Drills and sidecar profiles when they are applied: the
// product's whole check, with the words of `muster validate` and of a Drill's conditions, where the
// schema and CEL of the kinds cannot see. The judgements are pure; Validator asks for the plan that
// is named.
//
// It is never in the way: deletions, objects that are being deleted, changes that leave the spec
// alone, and every change of a Drill (an abort above all) pass. Of an update only what it makes
// wrong is refused; what was wrong before becomes a warning, so that an old schedule can be
// suspended.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "aio/clock.h"
#include "aio/task.h"
#include "api/problem.h"
#include "kube/key.h"
#include "operator/admission_review.h"
#include "scheduling/zone.h"
#include "targets/catalog.h"

namespace op {

struct Judgement {
  api::Problems problems;
  std::vector<std::string> warnings;
};

/// Of a RecoveryPlan. What only a profile makes wrong is a warning.
Judgement judge_plan(const api::Node& object, const targets::Catalog& catalog);
/// Of a DrillSchedule. `plan`: the one that it names; null: there is none.
Judgement judge_schedule(const api::Node& object, const api::Node* plan, scheduling::Instant now);
/// Of a Drill that is created. `plan`: as above.
Judgement judge_drill(const api::Node& object, const api::Node* plan,
                      const targets::Catalog& catalog);

/// Of a SidecarProfile.
Judgement judge_profile(const api::Node& object);

/// Whether there is anything to judge.
bool is_judged(const AdmissionRequest& request);
/// `before`: of what an update replaces; nothing: it is new.
AdmissionAnswer answer_of(Judgement now, const std::optional<Judgement>& before);

class Validator {
 public:
  /// A RecoveryPlan as it is now; nothing: there is none. An Error: nobody knows.
  using FindPlan = std::function<aio::Task<base::Result<std::optional<api::Node>>>(
      kube::Key plan, std::stop_token stop)>;

  /// Lifetime: the clock outlives it.
  Validator(aio::Clock& clock, FindPlan find_plan);
  aio::Task<AdmissionAnswer> judge(AdmissionRequest request, std::stop_token stop);

 private:
  Judgement judgement(const AdmissionRequest& request, const api::Node& object,
                      const api::Node* plan) const;

  aio::Clock& clock_;
  FindPlan find_plan_;
  targets::Catalog catalog_;
};

}  // namespace op
