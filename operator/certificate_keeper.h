// Keeps the keys of a server of ours (admission, metrics): in a Secret that all replicas follow,
// and the authorities in the webhooks, so that API servers trust what they show; and, where there
// are webhooks, the path that nobody but API servers is told (op::Served). What is due is
// op::decide_rotation(); the leader alone writes, each write says which version it was based on,
// and a quiet cluster gets none. Whatever somebody does to the Secret or to the webhooks is put
// right when it is heard of, but not more often than every two seconds, whoever else writes there.
// A configuration that cannot be read or written holds up none of the others; only what needs the
// trust of all waits for it. Clients that are no API servers get the authorities by a ConfigMap, so
// that nobody need be shown the Secret that holds the keys.
//
// Secret and ConfigMap belong to the operator's Deployment and go with it. One that carries the
// label of another release is left alone, and said. Needs on each of them get, list, watch, patch,
// delete, and create on their kinds in its namespace; on the configurations get, list, watch,
// patch; get on the Deployment.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"
#include "crypto/certificate.h"
#include "kube/client.h"
#include "kube/controller.h"
#include "net/server_identity.h"
#include "operator/rotation.h"

namespace op {

extern const kube::Resource kValidatingWebhooks, kMutatingWebhooks;

/// A configuration all of whose webhooks are ours.
struct WebhookConfiguration {
  kube::Resource resource = kValidatingWebhooks;
  std::string name;
  std::string path;  // of all of them, behind the secret component
};

struct KeeperSettings {
  kube::Key secret;
  kube::Key owner;                 // the Deployment
  std::vector<std::string> names;  // of the server
  std::vector<WebhookConfiguration> configurations;
  kube::Key published{};  // a ConfigMap with the authorities and no key; no name: none
  RotationTimes times{};
  std::string controller = "certificates";                              // in logs and figures
  std::string component = "admission";                                  // a label of the Secret
  std::string without = "plans are not checked when they are applied";  // while it is another's
  /// Asked right before each write. Empty: always.
  std::function<bool()> leads;
};

class CertificateKeeper {
 public:
  /// Lifetime: clock and client outlive it. Thread: the client's executor.
  CertificateKeeper(aio::Clock& clock, kube::Client& client, KeeperSettings settings,
                    std::shared_ptr<net::ServerIdentity> identity);
  ~CertificateKeeper();
  CertificateKeeper(const CertificateKeeper&) = delete;
  CertificateKeeper& operator=(const CertificateKeeper&) = delete;

  /// Of every replica: shows what the Secret holds; until stopped. Errors: none.
  aio::Task<base::Result<>> follow(std::stop_token stop);
  /// Of the leader: writes what is due; until stopped. Errors: none.
  aio::Task<base::Result<>> work(std::stop_token stop);

  kube::Controller& controller();
  /// Called when other keys are shown.
  std::function<void(const crypto::Certificate& serving, const crypto::Certificate& authority)>
      on_shown;
  /// Called when the paths that are taken are others; one component each.
  std::function<void(const std::vector<std::string>& paths)> on_paths;
  /// Of the Secret and of the configurations, that were taken.
  std::uint64_t writes() const;

 private:
  class Driver;
  std::unique_ptr<Driver> driver_;
};

}  // namespace op
