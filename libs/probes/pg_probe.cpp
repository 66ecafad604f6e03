#include "probes/pg_probe.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include <fmt/format.h>

namespace probes {

using drill::StreamKind;

namespace {

/// What distinguishes one stream of the probe from another.
struct StreamShape {
  std::string suffix;
  StreamKind kind;
  Connections connections;
  PgDeed deed;
  const PgInstanceAddress* pinned;  // null: through the service
};

std::vector<StreamShape> shapes_of(const PgProbe& probe) {
  std::vector<StreamShape> shapes;
  using enum Connections;
  using enum PgDeed;
  if (probe.writes_per_second > 0) {
    shapes.push_back({"W", StreamKind::Ledger, Open, Insert, nullptr});
  }
  shapes.push_back({"A", StreamKind::ServiceNew, New, Insert, nullptr});
  shapes.push_back({"B", StreamKind::ServiceOpen, Open, Insert, nullptr});
  const bool reads = probe.reads && probe.writes_per_second > 0;
  if (reads) shapes.push_back({"R", StreamKind::ReadService, Open, Highest, nullptr});
  for (const PgInstanceAddress& instance : probe.instances) {
    shapes.push_back({"C/" + instance.name, StreamKind::PinnedOpen, Open, Insert, &instance});
    shapes.push_back({"D/" + instance.name, StreamKind::PinnedNew, New, Insert, &instance});
    if (!reads) continue;
    shapes.push_back({"R/" + instance.name, StreamKind::ReadPinned, Open, Highest, &instance});
  }
  return shapes;
}

base::Duration interval_of(const PgProbe& probe, StreamKind kind) {
  return kind == StreamKind::Ledger ? base::seconds(1) / probe.writes_per_second : probe.interval;
}

StreamSpec spec_of(const PgProbe& probe, const StreamShape& shape, const PgAddress& address) {
  StreamSpec spec;
  spec.info.name = probe.name + "/" + shape.suffix;
  spec.info.probe = probe.name;
  spec.info.kind = shape.kind;
  if (shape.pinned != nullptr) spec.info.instance = shape.pinned->name;
  spec.info.endpoint = fmt::format("{}:{}", address.host, address.port);
  spec.info.interval = interval_of(probe, shape.kind);
  spec.info.deadline = probe.deadline;
  spec.info.decides = probe.decides && shape.kind == StreamKind::Ledger;
  spec.connections = shape.connections;
  if (shape.kind == StreamKind::Ledger) {
    spec.ack_timeout = std::max(probe.ack_timeout, probe.deadline);
  }
  return spec;
}

}  // namespace

std::vector<PgStream> pg_streams(const PgProbe& probe, PgShared shared) {
  std::vector<PgStream> streams;
  StreamNumber ledger;
  for (const StreamShape& shape : shapes_of(probe)) {
    PgStream& stream = streams.emplace_back();
    const PgAddress& address = shape.pinned == nullptr ? probe.service : shape.pinned->address;
    stream.spec = spec_of(probe, shape, address);
    stream.number = std::make_shared<std::atomic<std::uint16_t>>(0);
    if (shape.kind == StreamKind::Ledger) ledger = stream.number;
    const StreamNumber& of = shape.deed == PgDeed::Insert ? stream.number : ledger;
    stream.operation = make_pg_operation(shared, address, stream.spec.info.instance,
                                         shape.connections, shape.deed, of);
  }
  return streams;
}

base::Result<std::vector<drill::StreamId>> add_streams(Prober& prober,
                                                       std::vector<PgStream> streams) {
  std::vector<drill::StreamId> ids;
  for (PgStream& stream : streams) {
    TRY(const drill::StreamId id, prober.add(std::move(stream.spec), std::move(stream.operation)));
    stream.number->store(id.value());
    ids.push_back(id);
  }
  return ids;
}

std::size_t connections_max(const PgProbe& probe) {
  std::size_t sum = 0;
  for (const StreamShape& shape : shapes_of(probe)) {
    const base::Duration interval = interval_of(probe, shape.kind);
    const auto per_deadline =
        static_cast<std::size_t>((probe.deadline + interval - base::Duration(1)) / interval);
    sum += per_deadline + (shape.connections == Connections::Open ? 1 : 2);
  }
  return sum;
}

}  // namespace probes
