// The `http` and `tcp` probes as a plan names them: their tables of fields, and their streams
// (probes/http_stream.h, probes/tcp_stream.h): one of new and one of open connections to the
// service or to an address of its own.
#pragma once

#include <memory>

#include "probes/probe_kind.h"

namespace probes {

std::unique_ptr<ProbeKind> http_probe();
std::unique_ptr<ProbeKind> tcp_probe();

}  // namespace probes
