// Whatever is posted to a webhook is an AdmissionReview or says why not; what is one is judged, and
// the answer is an AdmissionReview of the same UID that refuses only with a reason.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "cluster/kinds.h"
#include "operator/admission_review.h"
#include "operator/validation.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const targets::Catalog kCatalog = cluster::cluster_catalog();
  const auto request = op::parse_review({reinterpret_cast<const char*>(data), size});
  if (!request) {
    CHECK(request.error().code == base::Code::InvalidArgument && !request.error().message.empty());
    return 0;
  }
  CHECK(!request->uid.empty() && !request->kind.empty());
  op::AdmissionAnswer answer;
  if (op::is_judged(*request)) {
    op::Judgement judged;
    if (request->kind == "RecoveryPlan") {
      judged = op::judge_plan(request->object, kCatalog);
    } else if (request->kind == "Drill") {
      judged = op::judge_drill(request->object, &request->old_object, kCatalog);
    } else {
      judged = op::judge_schedule(request->object, &request->old_object,
                                  scheduling::Instant(scheduling::Seconds(1'800'000'000)));
    }
    answer = op::answer_of(std::move(judged), {});
  }
  CHECK(answer.allowed == answer.causes.empty());
  const auto told = api::parse_json(op::review_text(*request, answer));
  CHECK(told.has_value());
  CHECK((*told)["response"]["uid"].as_string() == request->uid);
  CHECK((*told)["response"]["allowed"].as_bool() == answer.allowed);
  return 0;
}
