#include "operator/admission.h"

#include <utility>

#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include "aio/task_group.h"
#include "cluster/drill_object.h"
#include "cluster/objects.h"
#include "kube/taken.h"
#include "operator/injection_profile.h"
#include "operator/log.h"

namespace op {
namespace {

constexpr base::Duration kWaitForKeys = base::seconds(15);
/// Of the configuration that says who asks, behind the name of the others.
constexpr const char* kRequests = "-requests";
constexpr const char* kValidatePath = "/validate";
constexpr const char* kRequestsPath = "/requests";
constexpr const char* kInjectPath = "/inject";
const kube::Resource kProfiles{"muster.dev", "v1alpha1", api::kSidecarProfile, "sidecarprofiles"};

}  // namespace

bool injects(const AdmissionOptions& options) {
  return !options.name.empty() && !options.sidecar.image.empty() &&
         check_resources(options.sidecar.resources).has_value();
}

Admission::Admission(aio::Clock& clock, kube::Client& client)
    : clock_(clock), client_(client), since_(clock.now()) {}

base::Result<std::unique_ptr<Admission>> Admission::make(aio::Clock& clock, kube::Client& client,
                                                         const aio::Executor& executor,
                                                         const AdmissionOptions& options,
                                                         const std::string& ns,
                                                         AdmissionLinks links) {
  const base::Result<> fit = check_resources(options.sidecar.resources);
  if (!fit) log(Level::Error, "no sidecars are injected", {{"error", fit.error().message}});
  std::unique_ptr<Admission> out(new Admission(clock, client));
  Admission* self = out.get();
  KeeperSettings keeper;
  keeper.secret = {ns, options.name};
  keeper.owner = {ns, options.deployment};
  keeper.names = {fmt::format("{}.{}.svc", options.name, ns)};
  keeper.configurations = {{kValidatingWebhooks, options.name, kValidatePath},
                           {kMutatingWebhooks, options.name + kRequests, kRequestsPath}};
  if (injects(options)) {
    keeper.configurations.push_back({kMutatingWebhooks, options.name, kInjectPath});
  }
  keeper.leads = std::move(links.leads);
  out->keeper_.emplace(clock, client, std::move(keeper), out->identity_);
  out->keeper_->on_shown = [self](const crypto::Certificate& serving,
                                  const crypto::Certificate& authority) {
    self->metrics_.certificates(serving.validity.until, authority.validity.until);
    log(Level::Info, "admission shows a certificate",
        {{"until", base::rfc3339(serving.validity.until)}});
  };
  out->keeper_->on_paths = [self](const std::vector<std::string>& paths) {
    self->server_->take(paths);
  };
  TRY(out->server_,
      AdmissionServer::listen(clock, executor, options.listen, out->identity_, out->metrics_));
  out->requests_.emplace(clock, options.audit_log, std::move(links.audit));
  out->add_webhooks(options);
  log(Level::Info, "admission serves", {{"port", std::to_string(out->server_->port())}});
  return out;
}

void Admission::add_webhooks(const AdmissionOptions& options) {
  validator_.emplace(clock_, [this](kube::Key plan, std::stop_token stop) {
    return find_plan(std::move(plan), std::move(stop));
  });
  server_->add(kValidatePath, [this](AdmissionRequest request, std::stop_token stop) {
    return validator_->judge(std::move(request), std::move(stop));
  });
  server_->add(kRequestsPath, [this](AdmissionRequest request, std::stop_token) {
    return requests_->answer(std::move(request));
  });
  if (!injects(options)) return;
  injector_.emplace(
      clock_, options.sidecar,
      [this](kube::Key key, std::stop_token stop) {
        return find(cluster::kNamespaces, std::move(key), std::move(stop));
      },
      [this](kube::Key key, std::stop_token stop) {
        return find(kProfiles, std::move(key), std::move(stop));
      });
  server_->add(kInjectPath, [this](AdmissionRequest request, std::stop_token stop) {
    return injector_->answer(std::move(request), std::move(stop));
  });
}

aio::Task<base::Result<>> Admission::serve(std::stop_token stop) {
  aio::TaskGroup group(co_await boost::asio::this_coro::executor, stop);
  group.spawn(keeper_->follow(group.token()));
  group.spawn(server_->serve(group.token()));
  co_return co_await group.join();
}

aio::Task<base::Result<>> Admission::work(std::stop_token stop) {
  co_return co_await keeper_->work(std::move(stop));
}

bool Admission::ready() const {
  return identity_->is_set() || clock_.now() - since_ > kWaitForKeys;
}

aio::Task<base::Result<api::Node>> Admission::find(kube::Resource resource, kube::Key key,
                                                   std::stop_token stop) {
  const std::string what = fmt::format("get {} {}", resource.plural, kube::to_string(key));
  auto reply = co_await client_.get(resource, std::move(key), std::move(stop));
  if (reply && reply->code == 404) co_return api::Node();
  CO_TRY(const kube::Reply found, kube::taken(std::move(reply), what));
  co_return api::parse_json(found.body);
}

aio::Task<base::Result<std::optional<api::Node>>> Admission::find_plan(kube::Key plan,
                                                                       std::stop_token stop) {
  CO_TRY(api::Node object, co_await find(cluster::kPlans, std::move(plan), std::move(stop)));
  if (object.is_null()) co_return std::nullopt;
  co_return object;
}

}  // namespace op
