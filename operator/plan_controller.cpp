#include "operator/plan_controller.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "cluster/objects.h"
#include "cluster/pod_set.h"
#include "kube/store.h"
#include "operator/drill_result.h"

namespace op {

using api::Node;
using cluster::DrillObject;

namespace {

constexpr base::Duration kLookForLabel = base::seconds(30);
constexpr base::Duration kLookAtLeast = base::seconds(3600);

}  // namespace

class PlanController::Driver {
 public:
  Driver(aio::Clock& clock, kube::Client& client, DrillController& drills,
         ControllerSettings settings, Told told)
      : clock_(clock),
        client_(client),
        drills_(drills),
        settings_(std::move(settings)),
        told_(std::move(told)),
        controller_(clock, {.name = "recoveryplan", .ready = [this] { return drills_.synced(); }},
                    [this](kube::Key key, std::stop_token stop) {
                      return reconcile(std::move(key), std::move(stop));
                    }) {}

  aio::Task<base::Result<>> work(std::stop_token stop) {
    co_return co_await controller_.run(std::move(stop));
  }

  kube::Controller& controller() { return controller_; }

 private:
  /// Where it cannot be asked, or is forbidden, nothing is known.
  aio::Task<std::optional<Node>> look_at(kube::Resource resource, kube::Key key,
                                         std::stop_token stop) {
    const auto reply = co_await client_.get(std::move(resource), std::move(key), std::move(stop));
    if (!reply || !reply->ok()) co_return std::nullopt;
    auto object = api::parse_json(reply->body);
    if (!object) co_return std::nullopt;
    co_return std::move(*object);
  }

  aio::Task<Agreement> agreement_of(const Node& plan, std::string space, std::stop_token stop) {
    Agreement out;
    const auto ns = co_await look_at(cluster::kNamespaces, {"", space}, stop);
    if (!ns) co_return out;
    out.known = true;
    out.space = cluster::opted_in(cluster::labels_of(*ns));
    if (out.space) co_return out;
    for (const Node& each : plan["spec"]["target"]["kubernetes"]["workloads"].items()) {
      const std::string kind = each["kind"].as_string();
      const std::string name = each["name"].as_string();
      if (kind == api::kPodSet) {
        const auto pods = co_await cluster::list_pods(
            client_, space, cluster::selects_of(each["selector"], false), stop);
        const cluster::Pod* closed = pods ? cluster::first_closed(*pods) : nullptr;
        if (closed != nullptr) out.without.push_back("Pod " + closed->name);
        continue;
      }
      const auto resource = cluster::workload_resource(kind);
      if (!resource) continue;
      const auto workload = co_await look_at(*resource, {space, name}, stop);
      // One that is not there has not refused.
      if (!workload || cluster::opted_in(cluster::labels_of(*workload))) continue;
      out.without.push_back(kind + " " + name);
    }
    co_return out;
  }

  aio::Task<base::Result<kube::Outcome>> reconcile(kube::Key key, std::stop_token stop) {
    const Node* plan = drills_.plans().find(key);
    std::vector<DrillObject> drills;
    if (plan == nullptr) {
      if (told_) told_(key, nullptr, drills);
      co_return kube::Outcome{};
    }
    drills_.drills().for_each([&](const kube::Key& each, const DrillObject& drill) {
      if (each.space == key.space && drill.plan == key.name) drills.push_back(drill);
    });
    const base::WallTime now = clock_.wall_now();
    const drill::PlanCompliance compliance = compliance_of(*plan, drills, now);
    if (told_) told_(key, &compliance, drills);
    // The copy may change while the server is asked.
    const Node mine = *plan;
    const PlanReady ready = plan_ready(key.space, drills_.problem_of(mine),
                                       co_await agreement_of(mine, key.space, stop));
    const Node status = plan_status(mine, compliance, ready, now);
    const bool leads = !settings_.leads || settings_.leads();
    if (leads && !cluster::says(mine["status"], status)) {
      const auto written = co_await cluster::write_status(
          client_, cluster::kPlans, cluster::version_of(mine), status, std::move(stop));
      // Somebody changed it: what the copy hears of that comes here again.
      const bool late = !written && (written.error().code == base::Code::FailedPrecondition ||
                                     written.error().code == base::Code::NotFound);
      if (!written && !late) co_return tl::unexpected(written.error());
    }
    // Labels of namespaces and workloads are not watched.
    const base::Duration again = ready.reason == kNotEnabled ? kLookForLabel : kLookAtLeast;
    co_return kube::Outcome{std::min(until_stale(compliance).value_or(again), again)};
  }

  aio::Clock& clock_;
  kube::Client& client_;
  DrillController& drills_;
  ControllerSettings settings_;
  Told told_;
  kube::Controller controller_;
};

PlanController::PlanController(aio::Clock& clock, kube::Client& client, DrillController& drills,
                               ControllerSettings settings, Told told)
    : driver_(
          std::make_unique<Driver>(clock, client, drills, std::move(settings), std::move(told))) {}
PlanController::~PlanController() = default;
void PlanController::add(const kube::Key& plan) {
  driver_->controller().add(plan);
}
aio::Task<base::Result<>> PlanController::work(std::stop_token stop) {
  return driver_->work(std::move(stop));
}
kube::Controller& PlanController::controller() {
  return driver_->controller();
}

}  // namespace op
