#include "probes/probe_tcp.h"

#include <utility>

#include "probes/probe_fields.h"
#include "probes/tcp_stream.h"

namespace probes {
namespace {

api::ActionKind tcp_kind() {
  api::ActionKind kind;
  kind.name = "tcp";
  kind.uses = static_cast<std::uint8_t>(api::Use::Probe);
  kind.doc = "connects to a port and, where it is told to, sends a text and expects one";
  kind.fields = {text_field("address", true, "HOST:PORT"),
                 text_field("send", false, "a text to send once connected"),
                 text_field("expect", false,
                            "a text that the answer begins with; without one a "
                            "connection is enough"),
                 interval_field(),
                 deadline_field(),
                 flag_field("decides", false, "the objectives are judged by these streams")};
  return kind;
}

class TcpProbe final : public ProbeKind {
 public:
  const api::ActionKind& kind() const override { return kind_; }

  base::Result<std::vector<BuiltStream>> build(ProbeContext& context, const std::string& probe_name,
                                               const api::Node& params) const override {
    const std::string& address = params["address"].as_string();
    LinkTarget target;
    TRY(target.address, net::Address::parse(address));
    target.address.names = context.names;
    const TcpExchange exchange{params["send"].as_string(), params["expect"].as_string(), true};
    std::vector<BuiltStream> built;
    TRY(add(built, drill::StreamKind::ServiceNew, target, exchange, probe_name, params, context));
    if (!exchange.expect.empty()) {
      TRY(add(built, drill::StreamKind::ServiceOpen, target, exchange, probe_name, params,
              context));
    }
    return built;
  }

 private:
  static base::Result<> add(std::vector<BuiltStream>& built, drill::StreamKind kind,
                            const LinkTarget& target, const TcpExchange& exchange,
                            const std::string& probe, const api::Node& params,
                            const ProbeContext& context) {
    BuiltStream stream;
    stream.spec =
        endpoint_stream(probe, kind, target.address.text(), params, context.deadline_default);
    TRY(stream.operation, make_tcp_operation(target, exchange, stream.spec.connections));
    built.push_back(std::move(stream));
    return {};
  }

  api::ActionKind kind_ = tcp_kind();
};

}  // namespace

std::unique_ptr<ProbeKind> tcp_probe() {
  return std::make_unique<TcpProbe>();
}

}  // namespace probes
