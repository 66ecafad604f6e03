#include "probes/probe_session.h"

#include <utility>

#include "probes/probe_fields.h"
#include "probes/session_stream.h"

namespace probes {
namespace {

api::ActionKind session_kind() {
  api::ActionKind kind;
  kind.name = "session";
  kind.uses = static_cast<std::uint8_t>(api::Use::Probe);
  kind.doc = "makes sessions of an application and carries them on through the fault";
  kind.fields = {text_field("url", true, "http:// or https:// address; its path is not used"),
                 request_field("login", true, "the request that makes session $session"),
                 request_field("carryOn", true, "the request that carries it on"),
                 text_field("contains", true,
                            "a text that only an answer to a session that the server knows has"),
                 integer_field("sessions", 1, 10000, api::Node(20), "how many sessions")};
  for (const api::FieldSpec& field : site_fields()) kind.fields.push_back(field);
  kind.fields.push_back(interval_field());
  kind.fields.push_back(deadline_field());
  return kind;
}

class SessionProbe final : public ProbeKind {
 public:
  const api::ActionKind& kind() const override { return kind_; }

  base::Result<std::vector<BuiltStream>> build(ProbeContext& context, const std::string& probe_name,
                                               const api::Node& params) const override {
    TRY(const HttpSite site, http_site(params, context.names, context.drill));
    SessionExchange exchange;
    TRY(exchange.login, request_of(params["login"], site));
    TRY(exchange.carry_on, request_of(params["carryOn"], site));
    exchange.carry_on.body_contains = params["contains"].as_string();
    exchange.sessions = static_cast<std::uint64_t>(params["sessions"].as_int(20));
    BuiltStream stream;
    stream.spec = probe_stream(probe_name, "S", drill::StreamKind::Session,
                               params["url"].as_string(), params, context.deadline_default);
    stream.spec.info.signal = "SessionContinuity";
    TRY(stream.operation, make_session_operation(site.target, std::move(exchange)));
    std::vector<BuiltStream> built;
    built.push_back(std::move(stream));
    return built;
  }

 private:
  api::ActionKind kind_ = session_kind();
};

}  // namespace

std::unique_ptr<ProbeKind> session_probe() {
  return std::make_unique<SessionProbe>();
}

}  // namespace probes
