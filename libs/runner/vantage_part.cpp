#include "runner/vantage_part.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "base/check.h"
#include "bundle/bundle.h"
#include "crypto/signature.h"

namespace runner {
namespace {

tl::unexpected<base::Error> refuse(const std::string& why) {
  return base::fail(base::Code::InvalidArgument, "its records cannot be used: " + why);
}

base::Result<> check_part(const drill::Evidence& part, const std::string& drill_id,
                          std::size_t vantage) {
  if (part.drill_id != drill_id) return refuse("they are of drill '" + part.drill_id + "'");
  if (part.vantages.size() != vantage) return refuse("they are of another vantage");
  if (part.servers.size() != part.server_instances.size() || part.servers.empty()) {
    return refuse("its servers are not named");
  }
  const std::string prefix = drill::vantage_name(vantage) + "/";
  std::set<drill::StreamId> streams;
  for (const drill::StreamInfo& info : part.streams) {
    if (drill::vantage_of(info.id) != vantage || !info.name.starts_with(prefix)) {
      return refuse(fmt::format("stream {} '{}' is not its own", info.id.value(), info.name));
    }
    streams.insert(info.id);
  }
  const auto known = [&](const drill::Record& record) {
    return streams.contains(record.stream) && record.server_id < part.servers.size();
  };
  if (!std::all_of(part.records.begin(), part.records.end(), known)) {
    return refuse("a record is of an unknown stream or server");
  }
  return {};
}

/// The numbers that the part's servers have in the drill.
std::vector<std::uint16_t> join_servers(drill::Evidence& evidence, const drill::Evidence& part) {
  if (evidence.servers.empty()) {
    evidence.servers.emplace_back();
    evidence.server_instances.emplace_back();
  }
  std::map<std::string, std::size_t> known;
  for (std::size_t i = 0; i < evidence.servers.size(); ++i) known.emplace(evidence.servers[i], i);
  constexpr std::size_t kServersMax = 65535;
  std::vector<std::uint16_t> out;
  for (std::size_t i = 0; i < part.servers.size(); ++i) {
    auto found = known.find(part.servers[i]);
    if (found == known.end() && evidence.servers.size() < kServersMax) {
      found = known.emplace(part.servers[i], evidence.servers.size()).first;
      evidence.servers.push_back(part.servers[i]);
      evidence.server_instances.push_back(part.server_instances[i]);
    }
    out.push_back(found == known.end() ? 0 : static_cast<std::uint16_t>(found->second));
  }
  return out;
}

}  // namespace

std::string pack_part(drill::Evidence measured, std::size_t vantage) {
  measured.vantages.resize(vantage);
  drill::Vantage& own = measured.vantages.back();
  own.reference_outages = std::exchange(measured.reference_outages, {});
  own.stalls = std::exchange(measured.stalls, {});
  own.anchors = std::exchange(measured.anchors, {});
  // Nobody judges by this signature: the runner signs what it joins.
  return bundle::write({}, {}, measured, crypto::SigningKey::generate());
}

base::Result<drill::Evidence> unpack_part(std::string bytes, const std::string& drill_id,
                                          std::size_t vantage) {
  auto read = bundle::read(std::move(bytes));
  if (!read) return refuse(read.error().message);
  TRY(check_part(read->evidence, drill_id, vantage));
  return std::move(read->evidence);
}

std::string extent_of(const drill::Evidence& measured) {
  base::TimePoint first = base::kNever;
  std::optional<base::TimePoint> last;
  for (const drill::Record& record : measured.records) {
    first = std::min(first, record.scheduled);
    const bool ended = record.completed != base::kNever;
    const base::TimePoint at = ended ? record.completed : record.scheduled;
    last = std::max(last.value_or(at), at);
  }
  if (!last) return "nothing";
  std::string out =
      fmt::format("{} operations within {}", measured.records.size(), base::human(*last - first));
  if (measured.anchors.empty()) return out;
  const drill::ClockAnchor& anchor = measured.anchors.back();
  return out + ", until " + base::rfc3339(anchor.wall + (*last - anchor.steady));
}

void join_part(drill::Evidence& evidence, drill::Evidence part, VantageSeen seen) {
  drill::Vantage vantage;
  if (!part.vantages.empty()) vantage = std::move(part.vantages.back());
  vantage.place = std::move(seen.place);
  vantage.missing = std::move(seen.missing);
  vantage.exchanges = std::move(seen.exchanges);
  const std::vector<std::uint16_t> servers = join_servers(evidence, part);
  for (drill::Record& record : part.records) record.server_id = servers[record.server_id];
  evidence.streams.insert(evidence.streams.end(), part.streams.begin(), part.streams.end());
  // Theirs have greater numbers: what is sorted stays sorted.
  evidence.records.insert(evidence.records.end(), part.records.begin(), part.records.end());
  evidence.vantages.push_back(std::move(vantage));
}

}  // namespace runner
