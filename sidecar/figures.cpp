#include "sidecar/figures.h"

#include <functional>
#include <string_view>

#include <fmt/format.h>

namespace sidecar {
namespace {

using Cores = std::vector<const Figures*>;
using Pick = std::function<const Count&(const Figures&)>;

class Text {
 public:
  explicit Text(const Cores& cores) : cores_(cores) {}

  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    out_ += fmt::format("# HELP muster_sidecar_{0} {2}\n# TYPE muster_sidecar_{0} {1}\n", name,
                        type, help);
  }
  void sample(std::string_view labels, const Pick& pick) {
    std::uint64_t sum = 0;
    for (const Figures* core : cores_) sum += pick(*core).get();
    out_ += fmt::format("muster_sidecar_{}{} {}\n", name_, labels, sum);
  }
  void one(std::string_view name, std::string_view type, std::string_view help, const Pick& pick) {
    family(name, type, help);
    sample("", pick);
  }
  std::string take() { return std::move(out_); }

 private:
  const Cores& cores_;
  std::string_view name_;
  std::string out_;
};

void clients(Text& text) {
  text.one("connections_total", "counter", "Connections of clients.",
           [](const Figures& f) -> const Count& { return f.connections; });
  text.one("connections_active", "gauge", "Connections of clients that are open.",
           [](const Figures& f) -> const Count& { return f.connections_active; });
  text.one("accept_pauses_total", "counter",
           "Times when no connection was accepted for want of descriptors or by the limit.",
           [](const Figures& f) -> const Count& { return f.accept_pauses; });
  text.one("requests_active", "gauge", "Requests under way.",
           [](const Figures& f) -> const Count& { return f.requests_active; });
  text.family("requests_total", "counter", "Requests by the status that the client was sent.");
  for (std::size_t digit = 0; digit < 6; ++digit) {
    const auto label =
        digit == 0 ? std::string(R"({status="none"})") : fmt::format(R"({{status="{}xx"}})", digit);
    text.sample(label, [digit](const Figures& f) -> const Count& { return f.responses[digit]; });
  }
  text.family("requests_ended_total", "counter", "Requests by how they ended.");
  for (std::size_t i = 0; i < kEndedCount; ++i) {
    text.sample(fmt::format(R"({{end="{}"}})", name(static_cast<Ended>(i))),
                [i](const Figures& f) -> const Count& { return f.ends[i]; });
  }
  text.one("received_bytes_total", "counter", "Bytes from clients.",
           [](const Figures& f) -> const Count& { return f.received_bytes; });
  text.one("sent_bytes_total", "counter", "Bytes to clients.",
           [](const Figures& f) -> const Count& { return f.sent_bytes; });
}

void tls(Text& text) {
  text.family("tls_handshakes_total", "counter", "Handshakes that were completed.");
  text.sample(R"({kind="full"})", [](const Figures& f) -> const Count& { return f.tls_full; });
  text.sample(R"({kind="resumed"})",
              [](const Figures& f) -> const Count& { return f.tls_resumed; });
  text.family("tls_handshake_failures_total", "counter",
              "Connections that ended before their handshake was completed, by why.");
  for (std::size_t i = 0; i < kTlsFailureCount; ++i) {
    text.sample(fmt::format(R"({{reason="{}"}})", name(static_cast<TlsFailure>(i))),
                [i](const Figures& f) -> const Count& { return f.tls_failures[i]; });
  }
}

void upstream(Text& text) {
  text.one("upstream_connections_total", "counter", "Connections to the application.",
           [](const Figures& f) -> const Count& { return f.upstream_connections; });
  text.one("upstream_reuses_total", "counter", "Requests over a connection that was kept.",
           [](const Figures& f) -> const Count& { return f.upstream_reuses; });
  text.one("upstream_retries_total", "counter",
           "Requests sent once more because a kept connection had ended.",
           [](const Figures& f) -> const Count& { return f.upstream_retries; });
  text.one("upstream_idle", "gauge", "Connections to the application that are kept.",
           [](const Figures& f) -> const Count& { return f.upstream_idle; });
  text.family("upstream_errors_total", "counter", "Requests without a whole response, by why.");
  for (std::size_t i = 0; i < kUpstreamErrorCount; ++i) {
    text.sample(fmt::format(R"({{kind="{}"}})", name(static_cast<UpstreamError>(i))),
                [i](const Figures& f) -> const Count& { return f.upstream_errors[i]; });
  }
}

}  // namespace

const char* name(UpstreamError error) {
  switch (error) {
    case UpstreamError::Refused: return "refused";
    case UpstreamError::ConnectTimeout: return "connect_timeout";
    case UpstreamError::ResponseTimeout: return "response_timeout";
    case UpstreamError::Closed: return "closed";
    case UpstreamError::Malformed: return "malformed";
    case UpstreamError::Truncated: return "truncated";
    case UpstreamError::Descriptors: return "descriptors";
  }
  return "closed";
}

const char* name(TlsFailure failure) {
  switch (failure) {
    case TlsFailure::NotTls: return "not_tls";
    case TlsFailure::Closed: return "closed";
    case TlsFailure::Refused: return "refused";
    case TlsFailure::Timeout: return "timeout";
  }
  return "closed";
}

std::string exposition(const std::vector<const Figures*>& cores) {
  Text text(cores);
  clients(text);
  tls(text);
  upstream(text);
  return text.take();
}

}  // namespace sidecar
