#include "operator/profile_controller.h"

#include <utility>

#include "api/sidecar_profile.h"
#include "cluster/objects.h"
#include "cluster/status.h"
#include "kube/informer.h"
#include "kube/store.h"
#include "operator/log.h"
#include "operator/profile_delivery.h"
#include "operator/sidecar_pod_looks.h"
#include "operator/sidecar_pods.h"

namespace op {

using api::Node;
using Do = ProfileDecision::Do;

class ProfileController::Driver {
 public:
  Driver(aio::Clock& clock, kube::Client& client, kube::EventRecorder& events,
         ControllerSettings settings)
      : clock_(clock),
        client_(client),
        events_(events),
        settings_(std::move(settings)),
        pods_(clock, client),
        profiles_([](std::string_view json) { return api::parse_json(json); }),
        controller_(clock, {.name = "sidecarprofile", .ready = [this] { return synced(); }},
                    [this](kube::Key key, std::stop_token stop) {
                      return reconcile(std::move(key), std::move(stop));
                    }),
        informer_(clock, client, {.resource = kSidecarProfiles, .ns = settings_.ns}, profiles_) {
    profiles_.on_news = [this](const kube::Key& key, kube::News what) {
      controller_.add(key, what);
    };
    informer_.complain = [](const std::string& text) { log(Level::Warning, text, {}); };
  }

  aio::Task<base::Result<>> follow(std::stop_token stop) {
    co_return co_await informer_.run(std::move(stop));
  }
  bool synced() const { return informer_.synced(); }

  aio::Task<base::Result<>> work(std::stop_token stop) {
    co_return co_await controller_.run(std::move(stop));
  }

  kube::Controller& controller() { return controller_; }

 private:
  aio::Task<base::Result<kube::Outcome>> reconcile(kube::Key key, std::stop_token stop) {
    const Node* found = profiles_.find(key);
    if (found == nullptr || (*found)["metadata"].has("deletionTimestamp")) {
      pods_.forget(key);
      co_return kube::Outcome{};
    }
    const Node profile = *found;
    CO_TRY(const SeenConfigMap seen, co_await look(key, stop));
    ProfileDecision decision = decide_profile(profile, seen, settings_.webhook_injects);
    if (const auto pods = co_await pods_.of(key, stop)) {
      decision.pods_known = true;
      decision.injected = refused_of(key.name, *pods, [&](const std::string& name) {
        return profiles_.find({key.space, name}) != nullptr;
      });
    }
    if (settings_.leads && !settings_.leads()) co_return kube::Outcome{};
    if (decision.what != Do::Nothing) {
      CO_TRY(const kube::Reply reply, co_await carry_out(key, decision, stop));
      // Somebody was faster: what there is now is looked at first.
      if (reply.code == 409) co_return kube::Outcome{base::seconds(1)};
      // It may yet be taken: a busy server, a webhook that is away.
      if (reply.code == 429 || reply.code >= 500) {
        co_return tl::unexpected(
            kube::error_of(reply.refusal, "write configmaps " + decision.config_map));
      }
      if (!reply.ok()) {
        decision = not_delivered(std::move(decision), reply.code == 403, reply.refusal.message);
      }
    }
    CO_TRY(co_await write(profile, decision, std::move(stop)));
    co_return kube::Outcome{kLookEvery};
  }

  aio::Task<base::Result<SeenConfigMap>> look(kube::Key profile, std::stop_token stop) {
    const kube::Key key{profile.space, api::sidecar_config_map(profile.name)};
    CO_TRY(const kube::Reply reply,
           co_await client_.get(cluster::kConfigMaps, key, std::move(stop)));
    SeenConfigMap out;
    if (reply.code == 404) co_return out;
    if (reply.code == 403) {
      out.how = SeenConfigMap::How::NotAllowed;
      out.message = reply.refusal.message;
      co_return out;
    }
    if (!reply.ok()) {
      co_return tl::unexpected(
          kube::error_of(reply.refusal, "get configmaps " + kube::to_string(key)));
    }
    out.how = SeenConfigMap::How::There;
    CO_TRY(out.object, api::parse_json(reply.body));
    co_return out;
  }

  aio::Task<base::Result<kube::Reply>> carry_out(kube::Key profile, const ProfileDecision& decision,
                                                 std::stop_token stop) {
    const std::string body = api::to_json(decision.body);
    if (decision.what == Do::Create) {
      co_return co_await client_.create(cluster::kConfigMaps, profile.space, body, {},
                                        std::move(stop));
    }
    co_return co_await client_.patch(cluster::kConfigMaps, {profile.space, decision.config_map},
                                     kube::PatchType::Merge, body, {}, std::move(stop));
  }

  aio::Task<base::Result<>> write(const Node& profile, const ProfileDecision& decision,
                                  std::stop_token stop) {
    const Node status = profile_status(profile, decision, clock_.wall_now());
    if (!cluster::says(profile["status"], status)) {
      const auto written = co_await cluster::write_status(
          client_, kSidecarProfiles, cluster::version_of(profile), status, std::move(stop));
      // Somebody changed it: what the copy hears of that comes here again, and tells.
      const bool late = !written && (written.error().code == base::Code::FailedPrecondition ||
                                     written.error().code == base::Code::NotFound);
      if (late) co_return base::Result<>{};
      if (!written) co_return tl::unexpected(written.error());
    }
    for (const Told& each : events_of(profile, decision)) tell(profile, each);
    co_return base::Result<>{};
  }

  void tell(const Node& profile, const Told& told) {
    const cluster::ObjectVersion of = cluster::version_of(profile);
    events_.tell(
        {kSidecarProfiles.api_version(), kSidecarProfiles.kind, of.key, of.uid, of.version},
        told.type, told.reason, "Deliver", told.note);
    log(Level::Info, told.note,
        {{"controller", "sidecarprofile"},
         {"namespace", of.key.space},
         {"name", of.key.name},
         {"reason", told.reason}});
  }

  aio::Clock& clock_;
  kube::Client& client_;
  kube::EventRecorder& events_;
  ControllerSettings settings_;
  SidecarPodLooks pods_;
  kube::Store<Node> profiles_;
  kube::Controller controller_;
  kube::Informer informer_;
};

ProfileController::ProfileController(aio::Clock& clock, kube::Client& client,
                                     kube::EventRecorder& events, ControllerSettings settings)
    : driver_(std::make_unique<Driver>(clock, client, events, std::move(settings))) {}
ProfileController::~ProfileController() = default;
aio::Task<base::Result<>> ProfileController::follow(std::stop_token stop) {
  return driver_->follow(std::move(stop));
}
bool ProfileController::synced() const {
  return driver_->synced();
}
aio::Task<base::Result<>> ProfileController::work(std::stop_token stop) {
  return driver_->work(std::move(stop));
}
kube::Controller& ProfileController::controller() {
  return driver_->controller();
}

}  // namespace op
