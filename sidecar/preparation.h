// What the start makes of settings, files and secrets before anything is listened for or asked.
// --check-config makes the same and throws it away: what it passes is not kept from starting by a
// file or a secret.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"
#include "sidecar/cache_redis.h"
#include "sidecar/database.h"
#include "sidecar/exporter.h"
#include "sidecar/identity_files.h"
#include "sidecar/limit_sharing.h"
#include "sidecar/pod_figures.h"
#include "sidecar/settings.h"
#include "sidecar/shared.h"
#include "sidecar/watch.h"

namespace sidecar {

/// Each outlives those behind it.
struct Prepared {
  std::size_t cores = 1;
  bool key_was_drawn = false;  // of fingerprints: nobody gave one
  std::unique_ptr<Shared> shared;
  std::unique_ptr<Watch> watch;
  std::unique_ptr<PodFigures> pod_figures;  // null: the sidecar sees the pod, or asks nobody
  std::unique_ptr<LimitSharing> sharing;    // null: limits are not shared
  std::unique_ptr<Database> database;       // null: none was named
  std::unique_ptr<CacheRedis> cache_redis;  // null: stored responses are not shared
  std::unique_ptr<Exporter> exporter;       // null: not asked for
};

/// `page`: what is exported. Lifetime: clock, settings and the executor's context outlive it.
/// Errors: what the file system says; InvalidArgument, naming the setting; NotFound: no such
/// process to watch; no memory.
base::Result<Prepared> prepare(aio::Clock& clock, const aio::Executor& executor,
                               const Settings& settings, std::function<std::string()> page);

/// The certificate that is shown to clients of the data port.
IdentityPaths served_identity(const Settings& settings);

/// Whether the sidecar can start with what the settings name, and serve what they promise: also
/// what is read only when it is needed has to be there. Nothing is listened for and nobody asked.
/// Errors: as prepare(); those of reading; InvalidArgument, naming the file.
base::Result<> check_files(const Settings& settings);

}  // namespace sidecar
