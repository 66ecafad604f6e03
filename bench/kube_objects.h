// The objects of the benchmarks of libs/kube: ConfigMaps of about 2.5 kB, of which a program keeps
// what a reconciler would read, and a client of the server that a kubeconfig names.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>

#include "aio/clock.h"
#include "aio/event.h"
#include "base/result.h"
#include "kube/client.h"
#include "kube/informer.h"
#include "kube/resource.h"

namespace bench {

inline const kube::Resource kConfigMaps{"", "v1", "ConfigMap", "configmaps", true};

/// Identity, a label, a short text; the payload is skipped.
struct Slim {
  std::string uid, owner, phase;
};
base::Result<Slim> decode(std::string_view json);
kube::InformerOptions all_config_maps();

/// A clock, an executor and a client of them.
struct Session {
  aio::SystemClock clock;
  boost::asio::io_context context;
  std::unique_ptr<kube::Client> client;

  /// Errors: as kube::load_config() and Client::make().
  static base::Result<std::unique_ptr<Session>> open(const std::string& kubeconfig);
};

/// Looks every `pause` until it holds.
template <class Holds>
aio::Task<> until(aio::Clock& clock, base::Duration pause, Holds holds) {
  while (!holds()) static_cast<void>(co_await aio::wait_for(clock, pause, {}));
}

/// The program's exit code; says why where it failed.
int exit_code(const base::Result<>& outcome);

}  // namespace bench
