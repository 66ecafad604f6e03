// The report on disk: report.json is what `drill show` and `drill report` read back, what other
// programs parse, and what the signature will cover. One table per struct (fields.h) drives the
// writer, the reader and the published JSON Schema, so that the three cannot drift apart.
//
// Times are seconds relative to the start of the drill, durations are seconds, both floating; a
// double keeps nanoseconds exactly up to 24 days. A time that never came is null. An upper bound
// that is infinite is null with `"unbounded": true` beside it, because JSON has no infinity.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "drill/report.h"

namespace report {

/// The report as an indented JSON document that ends in a newline.
std::string to_json(const drill::Report& report);

/// Reads what to_json() wrote.
/// Errors: InvalidArgument with the path of the field ("rto.service.lowerSeconds") and what is
/// wrong with it: not JSON, missing, of another type, an unknown word, another version.
base::Result<drill::Report> from_json(std::string_view text);

/// The JSON Schema (draft 7) of the document, as published under docs/schemas/.
std::string json_schema();

}  // namespace report
