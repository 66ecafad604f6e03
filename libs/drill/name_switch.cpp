#include "drill/name_switch.h"

#include <algorithm>

namespace drill {
namespace {

NameSwitch watch(const StreamInfo& info, const Evidence& evidence) {
  NameSwitch out;
  out.stream = info.name;
  out.name = info.endpoint;
  std::int64_t before = -1;
  TimePoint last_old = kNever;
  for (const Record& record : evidence.records) {
    if (record.stream != info.id || record.outcome != Outcome::Ok) continue;
    const bool known = record.server_id < evidence.servers.size();
    const std::string address = known ? evidence.servers[record.server_id] : std::string();
    if (record.completed < evidence.fault_begun) {
      before = record.value;
      out.before = address;
      const Duration ttl = base::seconds(record.server_term);
      out.ttl = std::max(out.ttl.value_or(Duration::zero()), ttl);
    } else if (before < 0) {
      return out;
    }
    if (record.value == before) {
      last_old = record.invoked;
      continue;
    }
    out.after = address;
    out.switched = Bounds{last_old - evidence.fault_begun, record.completed - evidence.fault_begun};
    if (out.ttl) out.followed = *out.switched->upper + *out.ttl;
    return out;
  }
  return out;
}

}  // namespace

std::vector<NameSwitch> name_switches(const Evidence& evidence) {
  std::vector<NameSwitch> out;
  for (const StreamInfo& info : evidence.streams) {
    if (info.kind == StreamKind::Names) out.push_back(watch(info, evidence));
  }
  return out;
}

}  // namespace drill
