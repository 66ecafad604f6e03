// A drill's evidence as one file (docs/evidence-format.md): everything its figures were computed
// from, and the figures. This folder only turns it into bytes and back; nothing in here computes
// or judges. It is the one piece of code that the engine's side (runner) and the auditor's side
// (verify) share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/node.h"
#include "bundle/container.h"
#include "drill/evidence.h"

namespace bundle {

/// Who asked for the drill, on the machine that ran it.
struct Requester {
  std::int64_t uid = -1;
  std::string user, host, command;
  bool operator==(const Requester&) const = default;
};

/// The end of the audit log when the bundle was written: a log that is shorter later, or has
/// another entry in this place, was changed.
struct AuditHead {
  std::uint64_t entries = 0;
  std::string digest;
  bool operator==(const AuditHead&) const = default;
};

struct About {
  std::string plan;
  base::WallTime started{}, finished{};
  std::string final_state;
  Requester requested_by;
  std::optional<AuditHead> audit;
  bool operator==(const About&) const = default;
};

/// Texts that are kept as they are; empty: none.
struct Documents {
  std::string plan_yaml;    // what ran
  std::string given_yaml;   // the plan's file
  std::string plan_json;    // {"document": …, "resolved": …}
  std::string system_json;  // what was drilled
  std::string report_json;  // what was concluded
  bool operator==(const Documents&) const = default;
};

/// Shapes: evidence.records sorted by (stream, seq), each of a stream in evidence.streams.
std::string write(const About& about, const Documents& documents, const drill::Evidence& evidence,
                  const crypto::SigningKey& key);

struct Bundle {
  Seal seal;
  About about;
  Documents documents;
  drill::Evidence evidence;
  std::vector<Container::Record> records;
  std::size_t bytes = 0;

  /// How many probe operations it holds.
  std::size_t operations() const { return evidence.records.size(); }
};

/// Opens, checks and decodes everything. Errors: see Fault; the first thing that is wrong.
Read<Bundle> read(std::string bytes);

}  // namespace bundle
