// What a configuration makes of a core: settings, limits of heads, filters. When the configuration
// changes each core gets another one, whole: a connection asks for the present one, and a request
// keeps the one that it began with, so that no filter sees half of it.
#pragma once

#include <cstdint>
#include <memory>

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include "http1/head.h"
#include "sidecar/pipeline.h"
#include "sidecar/settings.h"
#include "sidecar/shared.h"

namespace sidecar {

/// Thread: of one core; it may be made elsewhere and be handed over.
struct Setup : boost::intrusive_ref_counter<Setup, boost::thread_unsafe_counter> {
  /// `seed`: of what is drawn. Lifetime: what is shared outlives it, but for the limits' rules,
  /// which it keeps.
  Setup(const Settings& the_settings, std::uint64_t seed, const Seat& seat);

  const Settings settings;
  const http1::Limits request_limits;
  const std::shared_ptr<Protection> protection;  // what the filters refer to
  Pipeline pipeline;
};

using SetupPointer = boost::intrusive_ptr<Setup>;

}  // namespace sidecar
