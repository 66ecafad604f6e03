#include "probes/probe_redis.h"

#include <utility>

#include <fmt/format.h>

#include "probes/probe_fields.h"
#include "probes/redis_stream.h"

namespace probes {
namespace {

api::ActionKind redis_kind() {
  api::FieldSpec service = text_field("service", false, "the service that users reach");
  service.names = api::FieldSpec::Names::Service;
  api::ActionKind kind;
  kind.name = "redis";
  kind.uses = static_cast<std::uint8_t>(api::Use::Probe);
  kind.doc = "writes keys that expire to a Redis service, over new and over open connections";
  kind.fields = {service,
                 text_field("address", false, "HOST:PORT, instead of a service"),
                 text_field("password", false, "what it logs in with; default: no login"),
                 text_field("user", false, "who logs in; default: Redis's default user"),
                 interval_field(),
                 deadline_field(),
                 flag_field("decides", false, "the objectives are judged by these streams")};
  kind.exactly_one_of = {{"service", "address"}};
  return kind;
}

class RedisProbe final : public ProbeKind {
 public:
  const api::ActionKind& kind() const override { return kind_; }

  base::Result<std::vector<BuiltStream>> build(ProbeContext& context, const std::string& probe_name,
                                               const api::Node& params) const override {
    std::string address = params["address"].as_string();
    if (const std::string& name = params["service"].as_string(); !name.empty()) {
      const api::ServiceSpec* service = context.system.service(name);
      if (service == nullptr) {
        return base::fail(base::Code::InvalidArgument,
                          fmt::format("probe '{}': no service '{}'", probe_name, name));
      }
      address = service->address;
    }
    LinkTarget target;
    TRY(target.address, net::Address::parse(address));
    target.address.names = context.names;
    std::vector<BuiltStream> built;
    for (const drill::StreamKind stream_kind :
         {drill::StreamKind::ServiceNew, drill::StreamKind::ServiceOpen}) {
      BuiltStream stream;
      stream.spec =
          endpoint_stream(probe_name, stream_kind, address, params, context.deadline_default);
      stream.spec.info.signal = "SessionStore";
      const bool open = stream.spec.connections == Connections::Open;
      RedisExchange exchange{fmt::format("muster:probe:{}:{}", probe_name, open ? "B" : "A"),
                             params["user"].as_string(), params["password"].as_string()};
      stream.operation = make_redis_operation(target, std::move(exchange), stream.spec.connections,
                                              context.servers);
      built.push_back(std::move(stream));
    }
    return built;
  }

 private:
  api::ActionKind kind_ = redis_kind();
};

}  // namespace

std::unique_ptr<ProbeKind> redis_probe() {
  return std::make_unique<RedisProbe>();
}

}  // namespace probes
