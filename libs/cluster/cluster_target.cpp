#include "cluster/cluster_target.h"

#include <algorithm>
#include <utility>

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include "base/check.h"
#include "cluster/pod_set.h"
#include "crypto/base64.h"
#include "kube/taken.h"

namespace cluster {
namespace {

constexpr base::Duration kLookEvery = base::millis(20);
constexpr base::Duration kAskEvery = base::millis(100);
constexpr const char* kFieldManager = "muster";  // of server-side apply, which asks for one

/// The host name by which an instance's pod is followed; no name server knows it.
std::string pod_name(const std::string& instance) {
  return instance + ".pod";
}

}  // namespace

ClusterTarget::ClusterTarget(aio::Clock& clock, kube::Client& client,
                             std::shared_ptr<net::Names> names, ClusterOptions options)
    : clock_(&clock),
      client_(clock, client),
      names_(std::move(names)),
      options_(std::move(options)),
      system_(api::system_of(options_.spec, options_.name)),
      pods_(parse_pod) {
  pods_.on_news = [this](const kube::Key&, kube::News) { tell_names(); };
  informer_ = std::make_unique<kube::Informer>(
      clock, client, kube::InformerOptions{.resource = kPods, .ns = options_.ns}, pods_);
}

aio::Task<base::Result<std::unique_ptr<ClusterTarget>>> ClusterTarget::open(
    aio::Clock& clock, kube::Client& client, std::shared_ptr<net::Names> names,
    ClusterOptions options, std::stop_token stop) {
  std::unique_ptr<ClusterTarget> target(
      new ClusterTarget(clock, client, std::move(names), std::move(options)));
  CO_TRY(co_await target->read(std::move(stop)));
  target->tell_names();
  co_return target;
}

aio::Task<base::Result<>> ClusterTarget::read(std::stop_token stop) {
  CO_TRY(co_await read_workloads(stop));
  CO_TRY(co_await read_services(stop));
  CO_TRY(co_await read_instances(stop));
  forget_instances();
  co_return base::Result<>{};
}

bool ClusterTarget::may_miss(const base::Error& error) const {
  return options_.undoing && error.code == base::Code::NotFound;
}

base::Result<std::string> ClusterTarget::address_of(const Service& found,
                                                    const api::ClusterServiceSpec& spec) const {
  if (found.ip.empty() || found.ip == "None") {
    return base::fail(
        base::Code::FailedPrecondition,
        fmt::format("Service {}/{} has no cluster IP: users have no one address to connect to",
                    options_.ns, spec.service));
  }
  if (std::find(found.ports.begin(), found.ports.end(), spec.port) == found.ports.end()) {
    return base::fail(base::Code::FailedPrecondition,
                      fmt::format("Service {}/{} has no port {}; it has {}", options_.ns,
                                  spec.service, spec.port, fmt::join(found.ports, ", ")));
  }
  const bool six = found.ip.find(':') != std::string::npos;
  return fmt::format(fmt::runtime(six ? "[{}]:{}" : "{}:{}"), found.ip, spec.port);
}

aio::Task<base::Result<>> ClusterTarget::read_services(std::stop_token stop) {
  for (std::size_t i = 0; i < options_.spec.services.size(); ++i) {
    const api::ClusterServiceSpec& spec = options_.spec.services[i];
    const auto found = co_await service(spec.name, stop);
    if (!found && may_miss(found.error())) {
      gone_["service/" + spec.name] = fmt::format("Service {} is gone", spec.service);
      continue;
    }
    if (!found) co_return tl::unexpected(found.error());
    auto address = address_of(*found, spec);
    if (!address && !options_.undoing) co_return tl::unexpected(address.error());
    if (address) system_.services[i].address = std::move(*address);
  }
  co_return base::Result<>{};
}

aio::Task<base::Result<>> ClusterTarget::read_instances(std::stop_token stop) {
  for (std::size_t i = 0; i < options_.spec.instances.size(); ++i) {
    const api::ClusterInstanceSpec& spec = options_.spec.instances[i];
    api::InstanceSpec& instance = system_.instances[i];
    instance.address = fmt::format("{}:{}", pod_name(spec.name), spec.port);
    if (spec.secret.empty()) continue;
    const auto read = co_await read_secret(spec, instance, stop);
    if (!read && !may_miss(read.error())) co_return read;
  }
  co_return base::Result<>{};
}

aio::Task<base::Result<>> ClusterTarget::read_secret(const api::ClusterInstanceSpec& spec,
                                                     api::InstanceSpec& instance,
                                                     std::stop_token stop) {
  const std::string what = fmt::format("get secret {}/{}", options_.ns, spec.secret);
  CO_TRY(const kube::Reply reply,
         kube::taken(co_await client_.get(kSecrets, {options_.ns, spec.secret}, std::move(stop)),
                     what));
  CO_TRY(const api::Node secret, api::parse_json(reply.body));
  const api::Node* value = secret["data"].find(spec.secret_key);
  if (value == nullptr) {
    co_return base::fail(
        base::Code::NotFound,
        fmt::format("secret {}/{} has no key '{}'", options_.ns, spec.secret, spec.secret_key));
  }
  CO_TRY(instance.postgres->password, crypto::base64_decode(value->as_string()));
  co_return base::Result<>{};
}

/// An instance whose workload is gone is asked for nothing: nobody would ever answer.
void ClusterTarget::forget_instances() {
  for (const api::ClusterInstanceSpec& spec : options_.spec.instances) {
    const auto workload = gone_.find("workload/" + spec.workload);
    if (workload == gone_.end()) continue;
    gone_["instance/" + spec.name] = workload->second;
    std::erase_if(system_.instances,
                  [&](const api::InstanceSpec& each) { return each.name == spec.name; });
  }
}

void ClusterTarget::found_gone(const std::string& part, const std::string& what) {
  gone_[part] = what;
  found_ += (found_.empty() ? "" : "; ") + what;
}

std::string ClusterTarget::take_found() {
  return std::exchange(found_, {});
}

std::string ClusterTarget::uid_of(const std::string& workload) const {
  const auto found = workloads_.find(workload);
  return found == workloads_.end() ? "" : found->second.uid;
}

api::Substitutions ClusterTarget::substitutions() const {
  api::Substitutions out{{"namespace", options_.ns}};
  // Of those that are gone too: the plan is read all the same.
  for (const api::ClusterInstanceSpec& instance : options_.spec.instances) {
    out["address." + instance.name] = fmt::format("{}:{}", pod_name(instance.name), instance.port);
  }
  for (const api::ServiceSpec& service : system_.services) {
    out["address." + service.name] = service.address;
  }
  return out;
}

void ClusterTarget::tell_names() {
  for (const api::ClusterInstanceSpec& instance : options_.spec.instances) {
    net::Names::Addresses addresses;
    for (const Pod& pod : pods_of(instance.workload)) {
      boost::system::error_code error;
      const auto address = boost::asio::ip::make_address(pod.ip, error);
      if (!error) addresses.push_back(address);
    }
    names_->tell(pod_name(instance.name), std::move(addresses));
  }
}

aio::Task<base::Result<>> ClusterTarget::follow(std::stop_token stop) {
  co_return co_await informer_->run(std::move(stop));
}

aio::Task<base::Result<>> ClusterTarget::known(base::Duration limit, std::stop_token stop) {
  const base::TimePoint until = clock_->now() + limit;
  while (!informer_->synced()) {
    if (clock_->now() >= until) {
      co_return base::fail(base::Code::Unavailable,
                           fmt::format("the pods of namespace {} are not known: {}", options_.ns,
                                       informer_->problem()));
    }
    if (!co_await aio::wait_for(*clock_, kLookEvery, stop)) {
      co_return base::fail(base::Code::Cancelled, "waiting for the pods to be known");
    }
  }
  co_return base::Result<>{};
}

aio::Task<base::Result<Workload>> ClusterTarget::workload(std::string name, std::stop_token stop) {
  const api::WorkloadSpec* spec = options_.spec.workload(name);
  if (spec == nullptr) {
    co_return base::fail(base::Code::NotFound, fmt::format("the plan has no workload '{}'", name));
  }
  if (spec->is_pod_set()) {
    CO_TRY(const std::vector<Pod> pods,
           co_await list_pods(client_, options_.ns, selects_of(spec->selector, each_agrees_),
                              std::move(stop)));
    co_return pod_set(*spec, each_agrees_, pods);
  }
  CO_TRY(const kube::Resource resource, workload_resource(spec->kind));
  const std::string what = fmt::format("get {} {}/{}", resource.plural, options_.ns, name);
  CO_TRY(const kube::Reply reply,
         kube::taken(co_await client_.get(resource, {options_.ns, name}, std::move(stop)), what));
  co_return parse_workload(spec->kind, reply.body);
}

base::Result<kube::Key> ClusterTarget::service_key(std::string_view name) const {
  for (const api::ClusterServiceSpec& spec : options_.spec.services) {
    if (spec.name == name) return kube::Key{options_.ns, spec.service};
  }
  return base::fail(base::Code::NotFound, fmt::format("the plan has no service '{}'", name));
}

aio::Task<base::Result<Service>> ClusterTarget::service(std::string name, std::stop_token stop) {
  CO_TRY(const kube::Key key, service_key(name));
  CO_TRY(const kube::Reply reply, kube::taken(co_await client_.get(kServices, key, std::move(stop)),
                                              "get services " + kube::to_string(key)));
  co_return parse_service(reply.body);
}

kube::Key ClusterTarget::key_of(const kube::Resource& resource, std::string name) const {
  return {resource.namespaced ? options_.ns : "", std::move(name)};
}

aio::Task<base::Result<api::Node>> ClusterTarget::get(kube::Resource resource, std::string name,
                                                      std::stop_token stop) {
  const kube::Key key = key_of(resource, std::move(name));
  CO_TRY(const kube::Reply reply,
         kube::taken(co_await client_.get(resource, key, std::move(stop)),
                     fmt::format("get {} {}", resource.plural, kube::to_string(key))));
  co_return api::parse_json(reply.body);
}

aio::Task<base::Result<api::Node>> ClusterTarget::patch(Patch patch, std::stop_token stop) {
  const kube::Key key = key_of(patch.resource, std::move(patch.name));
  kube::WriteOptions options;
  options.subresource = patch.subresource;
  options.force = patch.type == kube::PatchType::Apply;
  if (options.force) options.field_manager = kFieldManager;
  options.dry_run = patch.dry_run;
  CO_TRY(const kube::Reply reply,
         kube::taken(co_await client_.patch(patch.resource, key, patch.type,
                                            api::to_json(patch.body), options, std::move(stop)),
                     fmt::format("patch {}{}{} {}", patch.resource.plural,
                                 patch.subresource.empty() ? "" : "/", patch.subresource,
                                 kube::to_string(key))));
  co_return api::parse_json(reply.body);
}

aio::Task<base::Result<api::Node>> ClusterTarget::make(kube::Resource resource, api::Node object,
                                                       bool dry_run, std::stop_token stop) {
  api::Node meta = object["metadata"].is_map() ? object["metadata"] : api::Node::map();
  api::Node notes = meta["annotations"].is_map() ? meta["annotations"] : api::Node::map();
  meta.set("annotations", std::move(notes.set(kMadeBy, options_.name)));
  const std::string what =
      fmt::format("create {} {}/{}", resource.plural, options_.ns, meta["name"].as_string());
  object.set("metadata", std::move(meta));
  kube::WriteOptions options;
  options.dry_run = dry_run;
  CO_TRY(const kube::Reply reply,
         kube::taken(co_await client_.create(std::move(resource), options_.ns, api::to_json(object),
                                             options, std::move(stop)),
                     what));
  co_return api::parse_json(reply.body);
}

bool ClusterTarget::is_ours(const api::Node& object) const {
  return object["metadata"]["annotations"][kMadeBy].as_string() == options_.name;
}

aio::Task<base::Result<>> ClusterTarget::unmake(kube::Resource resource, std::string name,
                                                std::stop_token stop) {
  const std::string what = fmt::format("delete {} {}/{}", resource.plural, options_.ns, name);
  std::string asked;  // the UID of what was asked to end
  while (true) {
    const auto now = co_await get(resource, name, stop);
    if (!now && now.error().code == base::Code::NotFound) co_return base::Result<>{};
    if (!now) co_return tl::unexpected(now.error());
    const std::string uid = (*now)["metadata"]["uid"].as_string();
    if (!is_ours(*now) || (!asked.empty() && asked != uid)) co_return base::Result<>{};
    if (asked.empty()) {
      kube::DeleteOptions options;
      options.uid = uid;
      const auto reply = co_await client_.remove(resource, key_of(resource, name), options, stop);
      if (!reply || (reply->code != 404 && reply->code != 409)) CO_TRY(kube::taken(reply, what));
      asked = uid;
    }
    if (!co_await aio::wait_for(*clock_, kAskEvery, stop)) {
      co_return base::fail(base::Code::Cancelled, what + ": it is still there");
    }
  }
}

std::vector<Pod> ClusterTarget::pods_of(const std::string& workload) const {
  std::vector<Pod> out;
  const auto found = workloads_.find(workload);
  if (found == workloads_.end()) return out;
  pods_.for_each([&](const kube::Key&, const Pod& pod) {
    if (!pod.ended() && found->second.selector.matches(pod.labels)) out.push_back(pod);
  });
  std::sort(out.begin(), out.end(), [](const Pod& a, const Pod& b) { return a.name < b.name; });
  return out;
}

std::optional<Pod> ClusterTarget::pod(const std::string& name) const {
  const Pod* const found = pods_.find(key_of(kPods, name));
  return found == nullptr ? std::nullopt : std::optional(*found);
}

std::vector<std::string> ClusterTarget::running() const {
  std::vector<std::string> out;
  for (const auto& [name, workload] : workloads_) {
    const std::vector<Pod> pods = pods_of(name);
    const auto ready = std::count_if(pods.begin(), pods.end(),
                                     [](const Pod& pod) { return pod.ready && !pod.deleting; });
    if (ready >= workload.desired && workload.desired > 0) out.push_back(name);
  }
  return out;
}

aio::Task<base::Result<>> ClusterTarget::check(std::stop_token stop) {
  std::string made_of;
  for (const api::WorkloadSpec& spec : options_.spec.workloads) {
    CO_TRY(Workload now, co_await workload(spec.name, stop));
    if (now.desired < 1 || now.ready < now.desired) {
      co_return base::fail(base::Code::FailedPrecondition,
                           fmt::format("{} {}: {} of {} pods are ready", spec.kind, spec.name,
                                       now.ready, now.desired));
    }
    std::vector<std::string> nodes;
    for (const Pod& pod : pods_of(spec.name)) nodes.push_back(pod.node);
    made_of += fmt::format("{}{} {} {}/{} on {}", made_of.empty() ? "" : "; ", spec.kind, spec.name,
                           now.ready, now.desired, fmt::join(nodes, ", "));
    workloads_.insert_or_assign(spec.name, std::move(now));
  }
  for (const api::ClusterInstanceSpec& instance : options_.spec.instances) {
    const std::vector<Pod> pods = pods_of(instance.workload);
    if (pods.size() == 1 && !pods.front().ip.empty()) continue;
    co_return base::fail(base::Code::FailedPrecondition,
                         fmt::format("instance '{}': workload {} has {} pods; an instance is the "
                                     "only pod of its workload",
                                     instance.name, instance.workload, pods.size()));
  }
  description_ = std::move(made_of);
  co_return base::Result<>{};
}

aio::Task<base::Result<std::string>> ClusterTarget::start_isolated(std::string name,
                                                                   std::stop_token /*stop*/) {
  co_return base::fail(base::Code::FailedPrecondition,
                       fmt::format("workload '{}' cannot be started apart from its users", name));
}

aio::Task<base::Result<>> ClusterTarget::stop_isolated(std::string /*name*/,
                                                       std::stop_token /*stop*/) {
  co_return base::Result<>{};
}

ClusterTarget& cluster_of(const targets::Context& context) {
  auto* target = dynamic_cast<ClusterTarget*>(&context.target);
  CHECK(target != nullptr);
  return *target;
}

}  // namespace cluster
