#include "probes/probe_http.h"

#include <utility>

#include <fmt/format.h>

#include "probes/http_stream.h"
#include "probes/tcp_stream.h"

namespace probes {

namespace {
using api::FieldSpec;
using api::FieldType;

FieldSpec text(std::string name, std::string doc) {
  FieldSpec field;
  field.name = std::move(name);
  field.doc = std::move(doc);
  return field;
}

FieldSpec integer(std::string name, std::int64_t minimum, std::int64_t maximum, std::string doc) {
  FieldSpec field = text(std::move(name), std::move(doc));
  field.type = FieldType::Integer;
  field.minimum = minimum;
  field.maximum = maximum;
  return field;
}

FieldSpec flag(std::string name, std::string doc) {
  FieldSpec field = text(std::move(name), std::move(doc));
  field.type = FieldType::Boolean;
  field.otherwise = api::Node(false);
  return field;
}

std::vector<FieldSpec> shared_fields() {
  FieldSpec service = text("service", "the service that users reach; or give `address`");
  service.names = FieldSpec::Names::Service;
  FieldSpec interval = integer("intervalMillis", 10, 60000, "time between operations of a stream");
  interval.otherwise = api::Node(100);
  return {service, text("address", "HOST:PORT of what is probed, where it is no service"), interval,
          integer("deadlineMillis", 10, 60000,
                  "an operation that is not answered by then is bad; default: the degraded latency "
                  "target of the plan"),
          flag("decides", "its streams are judged by the objectives")};
}

base::Result<LinkTarget> target_of(const ProbeContext& context, const std::string& name,
                                   const api::Node& params) {
  std::string address = params["address"].as_string();
  if (params.has("service")) {
    const auto* service = context.system.service(params["service"].as_string());
    address = service != nullptr ? service->address : std::string();
  }
  auto parsed = net::Address::parse(address);
  if (!parsed) {
    return tl::unexpected(parsed.error().with(fmt::format("probe '{}': service or address", name)));
  }
  return LinkTarget{std::move(*parsed), nullptr};
}

StreamSpec spec_of(const ProbeContext& context, const std::string& name, const api::Node& params,
                   const LinkTarget& target, Connections connections) {
  const bool open = connections == Connections::Open;
  StreamSpec spec;
  spec.info.name = fmt::format("{}/{}", name, open ? "B" : "A");
  spec.info.probe = name;
  spec.info.kind = open ? drill::StreamKind::ServiceOpen : drill::StreamKind::ServiceNew;
  spec.info.endpoint = target.address.text();
  spec.info.interval = base::millis(params["intervalMillis"].as_int(100));
  spec.info.deadline = params.has("deadlineMillis")
                           ? base::millis(params["deadlineMillis"].as_int())
                           : context.deadline_default;
  spec.info.decides = params["decides"].as_bool(false);
  spec.connections = connections;
  return spec;
}

class HttpProbe final : public ProbeKind {
 public:
  HttpProbe() {
    kind_.name = "http";
    kind_.uses = static_cast<std::uint8_t>(api::Use::Probe);
    kind_.doc = "requests to an HTTP or HTTPS service, over new and over open connections";
    kind_.fields = shared_fields();
    FieldSpec method = text("method", "GET, HEAD or POST");
    method.type = FieldType::Enum;
    method.allowed = {"GET", "HEAD", "POST"};
    method.otherwise = api::Node("GET");
    FieldSpec path = text("path", "the path that is asked for");
    path.otherwise = api::Node("/");
    for (FieldSpec& field : std::vector<FieldSpec>{
             method, path, text("host", "the Host header; default: the address"),
             text("body", "what a POST sends"),
             integer("status", 100, 599, "the expected status; default: 200 to 299"),
             text("bodyContains", "a text that the answer has to contain"),
             text("serverHeader", "a response header that names the server"),
             text("termHeader", "a response header whose number grows with every failover"),
             flag("tls", "HTTPS"), text("caFile", "certificates that are trusted (PEM)"),
             text("serverName", "the name in the certificate; default: the address's host"),
             flag("insecure", "accept every certificate")}) {
      kind_.fields.push_back(std::move(field));
    }
  }
  const api::ActionKind& kind() const override { return kind_; }

  base::Result<std::vector<BuiltStream>> build(ProbeContext& context, const std::string& probe_name,
                                               const api::Node& params) const override {
    TRY(LinkTarget target, target_of(context, probe_name, params));
    if (params["tls"].as_bool(false)) {
      TRY(target.tls,
          net::make_tls_context({params["caFile"].as_string(), params["serverName"].as_string(),
                                 params["insecure"].as_bool(false)}));
    }
    HttpExchange exchange;
    exchange.method = params["method"].as_string();
    exchange.path = params["path"].as_string();
    exchange.host = params["host"].as_string();
    exchange.body = params["body"].as_string();
    exchange.body_contains = params["bodyContains"].as_string();
    exchange.server_header = params["serverHeader"].as_string();
    exchange.term_header = params["termHeader"].as_string();
    if (params.has("status")) {
      exchange.statuses = {static_cast<unsigned>(params["status"].as_int())};
    }
    std::vector<BuiltStream> built;
    for (const auto connections : {Connections::New, Connections::Open}) {
      TRY(auto operation, make_http_operation(target, exchange, connections, context.servers));
      built.push_back(
          {spec_of(context, probe_name, params, target, connections), std::move(operation), {}});
    }
    return built;
  }

 private:
  api::ActionKind kind_;
};

class TcpProbe final : public ProbeKind {
 public:
  TcpProbe() {
    kind_.name = "tcp";
    kind_.uses = static_cast<std::uint8_t>(api::Use::Probe);
    kind_.doc = "connections to a TCP service; with `send` and `expect` also over open ones";
    kind_.fields = shared_fields();
    kind_.fields.push_back(text("send", "sent on every connection; default: nothing"));
    kind_.fields.push_back(text("expect", "has to come back; default: connected is enough"));
  }
  const api::ActionKind& kind() const override { return kind_; }

  base::Result<std::vector<BuiltStream>> build(ProbeContext& context, const std::string& probe_name,
                                               const api::Node& params) const override {
    TRY(const LinkTarget target, target_of(context, probe_name, params));
    const TcpExchange exchange{params["send"].as_string(), params["expect"].as_string(), true};
    std::vector<Connections> kinds = {Connections::New};
    if (!exchange.send.empty() && !exchange.expect.empty()) {
      kinds.push_back(Connections::Open);
    }
    std::vector<BuiltStream> built;
    for (const auto connections : kinds) {
      TRY(auto operation, make_tcp_operation(target, exchange, connections));
      built.push_back(
          {spec_of(context, probe_name, params, target, connections), std::move(operation), {}});
    }
    return built;
  }

 private:
  api::ActionKind kind_;
};
}  // namespace

std::unique_ptr<ProbeKind> http_probe() {
  return std::make_unique<HttpProbe>();
}
std::unique_ptr<ProbeKind> tcp_probe() {
  return std::make_unique<TcpProbe>();
}

}  // namespace probes
