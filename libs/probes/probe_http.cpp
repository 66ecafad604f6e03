#include "probes/probe_http.h"

#include <utility>

#include <fmt/format.h>

#include "probes/http_stream.h"
#include "probes/probe_fields.h"

namespace probes {
namespace {

api::ActionKind http_kind() {
  api::FieldSpec instances = text_field(
      "instances", false, "instances that are asked the same, each by streams of its own");
  instances.type = api::FieldType::Strings;
  instances.minimum = 1;
  instances.maximum = 16;
  instances.names = api::FieldSpec::Names::Instance;
  api::ActionKind kind;
  kind.name = "http";
  kind.uses = static_cast<std::uint8_t>(api::Use::Probe);
  kind.doc = "asks a URL over new and over open connections";
  kind.fields = {text_field("url", true, "http:// or https:// address"), instances};
  for (const auto& fields : {request_fields(), site_fields()}) {
    kind.fields.insert(kind.fields.end(), fields.begin(), fields.end());
  }
  for (const api::FieldSpec& field :
       {text_field("serverHeader", false, "the header that names the server"),
        text_field("termHeader", false, "a header whose number grows with every failover"),
        interval_field(), deadline_field(),
        flag_field("decides", false, "the objectives are judged by these streams")}) {
    kind.fields.push_back(field);
  }
  return kind;
}

base::Result<HttpExchange> exchange_of(const HttpSite& site, const api::Node& params) {
  TRY(HttpExchange exchange, request_of(params, site));
  exchange.path = site.path;
  exchange.server_header = params["serverHeader"].as_string();
  exchange.term_header = params["termHeader"].as_string();
  return exchange;
}

/// One probe's streams as they are made.
class HttpStreams {
 public:
  HttpStreams(ProbeContext& context, const std::string& probe, const api::Node& params)
      : context_(context), probe_(probe), params_(params) {}

  base::Result<> add_service(const LinkTarget& target, const HttpExchange& exchange) {
    for (const drill::StreamKind kind :
         {drill::StreamKind::ServiceNew, drill::StreamKind::ServiceOpen}) {
      TRY(add(endpoint_stream(probe_, kind, params_["url"].as_string(), params_,
                              context_.deadline_default),
              target, exchange));
    }
    return {};
  }

  /// The URL asked of one instance: with the service's Host header and, over TLS, its name.
  base::Result<> add_instance(LinkTarget target, HttpExchange exchange, const std::string& name) {
    const api::InstanceSpec* instance = context_.system.instance(name);
    if (instance == nullptr) {
      return base::fail(base::Code::InvalidArgument,
                        fmt::format("probe '{}': no instance '{}'", probe_, name));
    }
    TRY(target.address, net::Address::parse(instance->address));
    target.address.names = context_.names;
    exchange.instance = name;
    exchange.reconnect = false;
    for (const bool open : {true, false}) {
      StreamSpec spec =
          probe_stream(probe_, (open ? "C/" : "D/") + name,
                       open ? drill::StreamKind::PinnedOpen : drill::StreamKind::PinnedNew,
                       instance->address, params_, context_.deadline_default);
      spec.info.instance = name;
      spec.info.decides = false;
      spec.connections = open ? Connections::Open : Connections::New;
      TRY(add(std::move(spec), target, exchange));
    }
    return {};
  }

  std::vector<BuiltStream> take() { return std::move(built_); }

 private:
  base::Result<> add(StreamSpec spec, const LinkTarget& target, const HttpExchange& exchange) {
    BuiltStream stream;
    TRY(stream.operation,
        make_http_operation(target, exchange, spec.connections, context_.servers));
    stream.spec = std::move(spec);
    built_.push_back(std::move(stream));
    return {};
  }

  ProbeContext& context_;
  const std::string& probe_;
  const api::Node& params_;
  std::vector<BuiltStream> built_;
};

class HttpProbe final : public ProbeKind {
 public:
  const api::ActionKind& kind() const override { return kind_; }

  base::Result<std::vector<BuiltStream>> build(ProbeContext& context, const std::string& probe_name,
                                               const api::Node& params) const override {
    TRY(const HttpSite site, http_site(params, context.names, context.drill));
    TRY(const HttpExchange exchange, exchange_of(site, params));
    HttpStreams streams(context, probe_name, params);
    TRY(streams.add_service(site.target, exchange));
    for (const std::string& instance : params["instances"].as_strings()) {
      TRY(streams.add_instance(site.target, exchange, instance));
    }
    return streams.take();
  }

 private:
  api::ActionKind kind_ = http_kind();
};

}  // namespace

std::unique_ptr<ProbeKind> http_probe() {
  return std::make_unique<HttpProbe>();
}

}  // namespace probes
