#include "probes/probe_postgres.h"

#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "probes/probe_fields.h"

namespace probes {
namespace {

using api::FieldSpec;
using api::FieldType;

api::ActionKind postgres_kind() {
  api::ActionKind kind;
  kind.name = "postgres";
  kind.uses = static_cast<std::uint8_t>(api::Use::Probe);
  kind.doc = "writes and reads of a PostgreSQL service and of each of its instances";
  FieldSpec service;
  service.name = "service";
  service.required = true;
  service.names = FieldSpec::Names::Service;
  service.doc = "the service that users reach";
  FieldSpec instances;
  instances.name = "instances";
  instances.type = FieldType::Strings;
  instances.required = true;
  instances.minimum = 1;
  instances.maximum = 16;
  instances.names = FieldSpec::Names::Instance;
  instances.doc = "the instances behind it, each watched by streams of its own";
  kind.fields = {
      service,
      instances,
      integer_field("writesPerSecond", 1, 1000, api::Node(100), "rate of the ledger writes"),
      interval_field(),
      deadline_field(),
      integer_field("ackTimeoutSeconds", 1, 300, api::Node(30),
                    "how long the acknowledgement of a write is awaited"),
      flag_field("reads", true, "read streams too: stale and non-monotonic reads")};
  return kind;
}

class PostgresProbe final : public ProbeKind {
 public:
  const api::ActionKind& kind() const override { return kind_; }

  base::Result<std::vector<BuiltStream>> build(ProbeContext& context, const std::string& probe_name,
                                               const api::Node& params) const override {
    TRY(const PgProbe probe,
        pg_probe_of(context.system, context.names, probe_name, params, context.deadline_default));
    std::vector<BuiltStream> built;
    for (PgStream& stream : pg_streams(probe, PgShared{context.ledger, context.pg_servers})) {
      built.push_back({std::move(stream.spec), std::move(stream.operation),
                       [number = stream.number](drill::StreamId id) { *number = id.value(); }});
    }
    return built;
  }

 private:
  api::ActionKind kind_ = postgres_kind();
};

base::Result<PgAddress> host_and_port(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  PgAddress address;
  const char* begin = text.data() + (colon == std::string::npos ? 0 : colon + 1);
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(begin, end, address.port);
  if (colon == std::string::npos || parsed.ec != std::errc{} || parsed.ptr != end) {
    return base::fail(base::Code::InvalidArgument, fmt::format("'{}' is no HOST:PORT", text));
  }
  address.host = text.substr(0, colon);
  return address;
}

}  // namespace

std::unique_ptr<ProbeKind> postgres_probe() {
  return std::make_unique<PostgresProbe>();
}

base::Result<PgAddress> pg_address(const api::InstanceSpec& instance,
                                   std::shared_ptr<net::Names> names) {
  if (!instance.postgres) {
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("instance '{}' has no `postgres` in its system", instance.name));
  }
  TRY(PgAddress address, host_and_port(instance.address));
  if (!instance.postgres->socket_dir.empty()) address.host = instance.postgres->socket_dir;
  address.user = instance.postgres->user;
  address.database = instance.postgres->database;
  address.password = instance.postgres->password;
  address.names = std::move(names);
  return address;
}

base::Result<PgAddress> pg_service_address(const api::ServiceSpec& service,
                                           const api::InstanceSpec& like,
                                           std::shared_ptr<net::Names> names) {
  TRY(PgAddress address, pg_address(like, std::move(names)));
  TRY(const PgAddress at, host_and_port(service.address));
  address.host = at.host;
  address.port = at.port;
  return address;
}

base::Result<PgProbe> pg_probe_of(const api::LocalSystem& system,
                                  const std::shared_ptr<net::Names>& names, const std::string& name,
                                  const api::Node& params, base::Duration deadline_default) {
  PgProbe probe;
  probe.name = name;
  const api::ServiceSpec* service = system.service(params["service"].as_string());
  const std::vector<std::string> instances = params["instances"].as_strings();
  const api::InstanceSpec* first = instances.empty() ? nullptr : system.instance(instances.front());
  if (service == nullptr || first == nullptr) {
    return base::fail(
        base::Code::InvalidArgument,
        fmt::format("probe '{}': its service or instances are not in the system", name));
  }
  TRY(probe.service, pg_service_address(*service, *first, names));
  for (const std::string& instance_name : instances) {
    const api::InstanceSpec* instance = system.instance(instance_name);
    if (instance == nullptr) {
      return base::fail(base::Code::InvalidArgument,
                        fmt::format("probe '{}': no instance '{}'", name, instance_name));
    }
    TRY(PgAddress address, pg_address(*instance, names));
    probe.instances.push_back({instance_name, std::move(address)});
  }
  probe.writes_per_second = static_cast<int>(params["writesPerSecond"].as_int(100));
  probe.interval = base::millis(params["intervalMillis"].as_int(100));
  probe.deadline = params.has("deadlineMillis") ? base::millis(params["deadlineMillis"].as_int())
                                                : deadline_default;
  probe.ack_timeout = base::seconds(params["ackTimeoutSeconds"].as_int(30));
  probe.reads = params["reads"].as_bool(true);
  return probe;
}

}  // namespace probes
