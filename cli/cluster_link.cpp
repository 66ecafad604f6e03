#include "cli/cluster_link.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include <fmt/format.h>

#include "aio/file.h"
#include "cli/cluster_refusal.h"
#include "cli/version.h"

namespace cli {
namespace {

using api::Node;

constexpr std::uint32_t kPage = 500;
constexpr base::Duration kNoLimit = std::chrono::hours(24 * 365);
/// Who is asked to wait for ever for an answer need not wait for a server that is not there.
constexpr base::Duration kConnectMax = base::seconds(10);

/// Whether no file says anything of any cluster.
bool nothing_said(const std::string& file) {
  const auto files = kube::read_config_files(file);
  return files && files->contexts.empty() && files->clusters.empty();
}

}  // namespace

base::Result<kube::Config> config_of(const ClusterFlags& flags) {
  auto config = kube::load_config(
      flags.kubeconfig, {flags.context, flags.cluster, flags.user, flags.ns, flags.overrides});
  if (!config) {
    if (config.error().code == base::Code::InvalidArgument) return config;
    if (!flags.kubeconfig.empty() || !nothing_said("")) return config;
    const std::string variable = aio::env_or("KUBECONFIG", "");
    return base::fail(
        base::Code::FailedPrecondition,
        fmt::format("no kubeconfig: {} names no cluster, and this is no pod of one; give "
                    "--kubeconfig FILE, set KUBECONFIG or say --server",
                    variable.empty() ? "~/.kube/config" : "KUBECONFIG (" + variable + ")"));
  }
  return config;
}

base::Result<ClusterLink> ClusterLink::make(const ClusterFlags& flags, TaskRun& task) {
  TRY(kube::Config config, config_of(flags));
  const std::string context = config.context;
  kube::ClientOptions options;
  // Up to the '/' it is also the field manager of what is written.
  options.user_agent = fmt::format("kubectl-muster/{}", version());
  const base::Duration limit = flags.request_timeout.value_or(kRequestTimeout);
  options.timeout = limit > base::Duration::zero() ? limit : kNoLimit;
  options.connect_max = kConnectMax;
  TRY(auto client,
      kube::Client::make(task.clock(), task.executor(), std::move(config), std::move(options)));
  return ClusterLink(task.clock(), std::move(client), context);
}

base::Result<Node> ClusterLink::object_of(const base::Result<kube::Reply>& reply,
                                          const kube::Resource& resource,
                                          const std::string& ns) const {
  if (!reply) return tl::unexpected(unanswered(reply.error(), client_->host(), context_));
  if (!reply->ok()) return tl::unexpected(refusal(*reply, resource, ns));
  auto object = api::parse_json(reply->body);
  if (!object) return tl::unexpected(object.error().with("the answer of " + client_->host()));
  return object;
}

aio::Task<base::Result<Node>> ClusterLink::get(kube::Resource resource, kube::Key key,
                                               std::stop_token stop) {
  const auto reply = co_await client_->get(resource, key, std::move(stop));
  co_return object_of(reply, resource, key.space);
}

aio::Task<base::Result<std::vector<Node>>> ClusterLink::list(kube::Resource resource,
                                                             std::string ns, kube::ListQuery query,
                                                             std::stop_token stop) {
  std::vector<Node> out;
  query.limit = kPage;
  do {
    const auto reply = co_await client_->list(resource, ns, query, stop);
    CO_TRY(Node page, object_of(reply, resource, ns));
    query.next = page["metadata"]["continue"].as_string();
    if (!page.has("items") || page["items"].is_null()) break;
    for (Node& item : page.find("items")->items()) {
      // Items of a list do not say what they are.
      item.set("apiVersion", resource.api_version()).set("kind", resource.kind);
      out.push_back(std::move(item));
    }
  } while (!query.next.empty());
  co_return out;
}

aio::Task<base::Result<Node>> ClusterLink::create(kube::Resource resource, std::string ns,
                                                  Node object) {
  const auto reply = co_await client_->create(resource, ns, api::to_json(object), {}, {});
  co_return object_of(reply, resource, ns);
}

aio::Task<base::Result<Node>> ClusterLink::patch(kube::Resource resource, kube::Key key,
                                                 kube::PatchType type, Node body,
                                                 kube::WriteOptions options) {
  const auto reply =
      co_await client_->patch(resource, key, type, api::to_json(body), std::move(options), {});
  co_return object_of(reply, resource, key.space);
}

aio::Task<base::Result<>> ClusterLink::remove(kube::Resource resource, kube::Key key,
                                              std::string uid) {
  kube::DeleteOptions options;
  options.uid = std::move(uid);
  const auto reply = co_await client_->remove(resource, key, std::move(options), {});
  if (reply && reply->code == 404) co_return base::Result<>{};
  CO_TRY(object_of(reply, resource, key.space));
  co_return base::Result<>{};
}

aio::Task<base::Result<cluster::DrillObject>> ClusterLink::drill(std::string name,
                                                                 std::stop_token stop) {
  if (name.empty()) {  // the path of no name is that of all
    co_return base::fail(base::Code::InvalidArgument, "DRILL is '': the name of a Drill is needed");
  }
  CO_TRY(const Node object, co_await get(cluster::kDrills, {ns(), name}, std::move(stop)));
  co_return cluster::parse_drill(api::to_json(object));
}

std::string name_of(const Node& object) {
  std::string kind = object["kind"].as_string();
  std::transform(kind.begin(), kind.end(), kind.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::string& version = object["apiVersion"].as_string();
  const std::size_t slash = version.find('/');
  const std::string group = slash == std::string::npos ? "" : "." + version.substr(0, slash);
  return kind + group + "/" + object["metadata"]["name"].as_string();
}

}  // namespace cli
