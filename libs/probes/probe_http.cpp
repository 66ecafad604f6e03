#include "probes/probe_http.h"

#include <utility>

#include <fmt/format.h>

#include "net/url.h"
#include "probes/http_stream.h"
#include "probes/probe_fields.h"

namespace probes {
namespace {

api::ActionKind http_kind() {
  api::FieldSpec status = text_field("status", false, "answers that are good; default: 200 to 299");
  status.type = api::FieldType::Strings;
  status.minimum = 1;
  status.maximum = 32;
  api::FieldSpec method = text_field("method", false, "how it asks");
  method.type = api::FieldType::Enum;
  method.allowed = {"GET", "HEAD", "POST"};
  method.otherwise = api::Node("GET");
  api::ActionKind kind;
  kind.name = "http";
  kind.uses = static_cast<std::uint8_t>(api::Use::Probe);
  kind.doc = "asks a URL over new and over open connections";
  kind.fields = {text_field("url", true, "http:// or https:// address"),
                 method,
                 status,
                 text_field("contains", false, "a text that the body must have"),
                 text_field("body", false, "what a POST sends"),
                 text_field("serverHeader", false, "the header that names the server"),
                 text_field("termHeader", false, "a header whose number grows with every failover"),
                 text_field("caFile", false, "certificates to trust; default: the system's"),
                 flag_field("insecure", false, "accept every certificate"),
                 interval_field(),
                 deadline_field(),
                 flag_field("decides", false, "the objectives are judged by these streams")};
  return kind;
}

base::Result<HttpExchange> exchange_of(const net::Url& url, const api::Node& params) {
  HttpExchange exchange;
  exchange.method = params["method"].as_string();
  exchange.path = url.path;
  exchange.body = params["body"].as_string();
  exchange.body_contains = params["contains"].as_string();
  exchange.server_header = params["serverHeader"].as_string();
  exchange.term_header = params["termHeader"].as_string();
  for (const std::string& text : params["status"].as_strings()) {
    unsigned status = 0;
    for (const char c : text)
      status = status * 10 + (c >= '0' && c <= '9' ? unsigned(c - '0') : 1000U);
    if (status < 100 || status > 599) {
      return base::fail(base::Code::InvalidArgument,
                        fmt::format("status: '{}' is none; 100 to 599 are allowed", text));
    }
    exchange.statuses.push_back(status);
  }
  return exchange;
}

class HttpProbe final : public ProbeKind {
 public:
  const api::ActionKind& kind() const override { return kind_; }

  base::Result<std::vector<BuiltStream>> build(ProbeContext& context, const std::string& probe_name,
                                               const api::Node& params) const override {
    TRY(const net::Url url, net::parse_url(params["url"].as_string()));
    TRY(const HttpExchange exchange, exchange_of(url, params));
    LinkTarget target;
    target.address = url.address;
    if (url.tls) {
      net::TlsOptions tls;
      tls.ca_file = params["caFile"].as_string();
      tls.insecure = params["insecure"].as_bool(false);
      TRY(target.tls, net::make_tls_context(tls));
    }
    std::vector<BuiltStream> built;
    for (const drill::StreamKind kind :
         {drill::StreamKind::ServiceNew, drill::StreamKind::ServiceOpen}) {
      BuiltStream stream;
      stream.spec = endpoint_stream(probe_name, kind, params["url"].as_string(), params,
                                    context.deadline_default);
      TRY(stream.operation,
          make_http_operation(target, exchange, stream.spec.connections, context.servers));
      built.push_back(std::move(stream));
    }
    return built;
  }

 private:
  api::ActionKind kind_ = http_kind();
};

}  // namespace

std::unique_ptr<ProbeKind> http_probe() {
  return std::make_unique<HttpProbe>();
}

}  // namespace probes
