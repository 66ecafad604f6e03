#include "probes/probe_dns.h"

#include <utility>

#include <fmt/format.h>

#include "net/names.h"
#include "probes/dns_stream.h"
#include "probes/probe_fields.h"

namespace probes {
namespace {

api::ActionKind dns_kind() {
  api::ActionKind kind;
  kind.name = "dns";
  kind.uses = static_cast<std::uint8_t>(api::Use::Probe);
  kind.doc = "asks a name server where a name leads to, anew each time";
  kind.fields = {text_field("name", true, "the host name; its A records are asked for"),
                 text_field("server", false,
                            "HOST:PORT of the name server, by number; default: the system's "
                            "resolver"),
                 interval_field(), deadline_field()};
  return kind;
}

class DnsProbe final : public ProbeKind {
 public:
  const api::ActionKind& kind() const override { return kind_; }

  base::Result<std::vector<BuiltStream>> build(ProbeContext& context, const std::string& probe_name,
                                               const api::Node& params) const override {
    std::string server = params["server"].as_string();
    if (server.empty() && context.system.resolver) server = context.system.resolver->address;
    if (server.empty()) {
      return base::fail(base::Code::InvalidArgument,
                        "server: is missing, and the system has no resolver");
    }
    TRY(const auto endpoint, net::name_server(server));
    const std::string& name = params["name"].as_string();
    BuiltStream stream;
    stream.spec =
        probe_stream(probe_name, "N", drill::StreamKind::Names,
                     fmt::format("{} at {}", name, server), params, context.deadline_default);
    stream.spec.info.signal = "Dns";
    TRY(stream.operation, make_dns_operation(endpoint, name, context.servers));
    std::vector<BuiltStream> built;
    built.push_back(std::move(stream));
    return built;
  }

 private:
  api::ActionKind kind_ = dns_kind();
};

}  // namespace

std::unique_ptr<ProbeKind> dns_probe() {
  return std::make_unique<DnsProbe>();
}

}  // namespace probes
