// The flags of figures that come from elsewhere, and of where all of them are sent.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "sidecar/settings.h"

namespace CLI {
class App;
}

namespace sidecar {

/// As the flags say it.
struct RawFigures {
  std::string statsd, otlp, rum, dogstatsd;
  std::int64_t export_every = 60;  // seconds
};

/// Lifetime of both: `raw` and the settings outlive the parsing.
void ingest_flags(CLI::App& app, RawFigures& raw, IngestSettings& ingest);
void export_flags(CLI::App& app, RawFigures& raw, ExportSettings& to);
/// Errors of both: InvalidArgument, naming the flag.
base::Result<> settle_ingest(const RawFigures& raw, Mode mode, IngestSettings& ingest);
base::Result<> settle_export(const RawFigures& raw, ExportSettings& to);

}  // namespace sidecar
