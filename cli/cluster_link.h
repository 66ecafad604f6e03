// The connection of one command to its cluster: configuration as the flags choose it, a client, and
// the requests that commands have in common, with errors for people.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "aio/task.h"
#include "api/node.h"
#include "cli/cluster_options.h"
#include "cli/run_task.h"
#include "cluster/drill_object.h"
#include "kube/client.h"

namespace cli {

/// Errors: as kube::load_config(); FailedPrecondition naming where a kubeconfig was looked for.
base::Result<kube::Config> config_of(const ClusterFlags& flags);

class ClusterLink {
 public:
  /// Connects with the first request. Errors: as config_of() and kube::Client::make(). Lifetime:
  /// the task outlives it.
  static base::Result<ClusterLink> make(const ClusterFlags& flags, TaskRun& task);

  const std::string& ns() const { return client_->ns(); }
  kube::Client& client() { return *client_; }
  aio::Clock& clock() { return *clock_; }

  // Errors of all that follow: as cli::refusal() and cli::unanswered().
  aio::Task<base::Result<api::Node>> get(kube::Resource resource, kube::Key key,
                                         std::stop_token stop = {});
  /// All of one namespace, of all where it is empty, with apiVersion and kind in each.
  aio::Task<base::Result<std::vector<api::Node>>> list(kube::Resource resource, std::string ns,
                                                       kube::ListQuery query = {},
                                                       std::stop_token stop = {});
  aio::Task<base::Result<api::Node>> create(kube::Resource resource, std::string ns,
                                            api::Node object);
  aio::Task<base::Result<api::Node>> patch(kube::Resource resource, kube::Key key,
                                           kube::PatchType type, api::Node body,
                                           kube::WriteOptions options);
  /// Ok where it is gone already.
  aio::Task<base::Result<>> remove(kube::Resource resource, kube::Key key, std::string uid);
  aio::Task<base::Result<cluster::DrillObject>> drill(std::string name, std::stop_token stop = {});

 private:
  ClusterLink(aio::Clock& clock, std::unique_ptr<kube::Client> client, std::string context)
      : clock_(&clock), client_(std::move(client)), context_(std::move(context)) {}
  base::Result<api::Node> object_of(const base::Result<kube::Reply>& reply,
                                    const kube::Resource& resource, const std::string& ns) const;

  aio::Clock* clock_;
  std::unique_ptr<kube::Client> client_;
  std::string context_;
};

/// "drill.muster.dev/nightly", as `kubectl -o name`.
std::string name_of(const api::Node& object);

}  // namespace cli
