// Admission in the operator: the server with its webhooks, and the keeper of its keys. Every
// replica serves; the leader keeps the keys. A webhook that the operator gets later is a path in
// serve()'s table, its configuration in the keeper's list, and a template of the chart.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"
#include "kube/client.h"
#include "metrics/admission_metrics.h"
#include "operator/admission_server.h"
#include "operator/certificate_keeper.h"
#include "operator/injector.h"
#include "operator/request_log.h"
#include "operator/validation.h"

namespace op {

struct AdmissionOptions {
  std::string name;  // of Service, Secret and webhook configuration; empty: there is no admission
  std::string listen = ":9443";
  std::string deployment;   // the operator's, with which the Secret goes
  std::string audit_log;    // a file besides the log of the program; empty: none
  SidecarSettings sidecar;  // without an image: no sidecar is put into a pod by us
};

/// Whether its webhook puts sidecars into pods.
bool injects(const AdmissionOptions& options);

/// What else it needs of the program.
struct AdmissionLinks {
  std::function<bool()> leads;  // whether this replica does
  AuditWatch audit;             // how long one took; in any thread
};

class Admission {
 public:
  /// `ns`: the operator's. Lifetime: clock and client outlive it. Errors: the address.
  static base::Result<std::unique_ptr<Admission>> make(aio::Clock& clock, kube::Client& client,
                                                       const aio::Executor& executor,
                                                       const AdmissionOptions& options,
                                                       const std::string& ns, AdmissionLinks links);
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  /// Of every replica, until stopped. Errors: none.
  aio::Task<base::Result<>> serve(std::stop_token stop);
  /// Of the leader, until stopped. Errors: none.
  aio::Task<base::Result<>> work(std::stop_token stop);

  /// It has keys, or has waited for them long enough: a drill needs no admission.
  bool ready() const;
  kube::Controller& controller() { return keeper_->controller(); }
  std::string metrics_text() const { return metrics_.text(); }

 private:
  Admission(aio::Clock& clock, kube::Client& client);
  void add_webhooks(const AdmissionOptions& options);
  /// Null: there is none.
  aio::Task<base::Result<api::Node>> find(kube::Resource resource, kube::Key key,
                                          std::stop_token stop);
  aio::Task<base::Result<std::optional<api::Node>>> find_plan(kube::Key plan, std::stop_token stop);

  aio::Clock& clock_;
  kube::Client& client_;
  base::TimePoint since_;
  metrics::AdmissionMetrics metrics_;
  std::shared_ptr<net::ServerIdentity> identity_ = std::make_shared<net::ServerIdentity>();
  std::optional<RequestLog> requests_;
  std::optional<Validator> validator_;
  std::optional<Injector> injector_;
  std::optional<CertificateKeeper> keeper_;
  std::unique_ptr<AdmissionServer> server_;
};

}  // namespace op
