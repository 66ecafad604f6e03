// What lies at the second level of the cache, as bytes. Whoever can write to the store that
// replicas share could put pages of his own there: so a record is sealed with a key that only the
// replicas have, together with the name that it lies under, and what is not sealed so is not there.
// The same key makes the names, so that they tell nothing of the URIs.
//
// Ages go on: a record has when the response came and how old it was then, by the wall clock, which
// replicas have to agree on as far as a lifetime matters. One that is of tomorrow, since a clock
// was set, is not there. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sidecar/cache_remote.h"

namespace sidecar {

/// The key for records, from the secret of fingerprints.
std::string record_key(std::string_view secret);
/// "muster:cache:00f1…"
std::string record_name(std::string_view prefix, std::string_view key, const RemotePlace& place);

struct CacheRecord {
  std::uint64_t known = 0;  // as at CacheRemote::put()
  StoredPointer response;   // null: a signpost
  std::string vary;         // of a signpost
};

std::string write_record(std::string_view key, std::string_view name, const StoredResponse& stored,
                         std::uint64_t known);
std::string write_signpost(std::string_view key, std::string_view name, std::string_view vary);
/// Empty: it is not sealed by this key for this name, is of another form, or came later than now.
std::optional<CacheRecord> read_record(std::string_view key, std::string_view name,
                                       std::string_view text, base::TimePoint now,
                                       base::WallTime wall);

}  // namespace sidecar
