#include "sidecar/filter_security_headers.h"

#include <string_view>
#include <utility>
#include <vector>

#include "aio/entropy.h"
#include "crypto/base64.h"
#include "sidecar/cache_entry.h"
#include "sidecar/notes.h"

namespace sidecar {
namespace {

constexpr std::size_t kNonceBytes = 16;
constexpr std::size_t kNonceLetters = 24;  // of base64
constexpr int kNotModified = 304;
constexpr const char* kPolicy = "Content-Security-Policy";

struct Line {
  std::string name, line;
  bool tls_only = false;
};

/// Those that say the same each time.
std::vector<Line> lines_of(const SecurityHeaders& headers) {
  std::vector<Line> out;
  const auto add = [&out](const char* name, const std::string& value, bool tls_only = false) {
    if (value.empty()) return;
    std::string line = name;
    line.append(": ").append(value).append("\r\n");
    out.push_back({name, std::move(line), tls_only});
  };
  add("X-Content-Type-Options", "nosniff");
  add("X-Frame-Options", headers.frame_options);
  add("Referrer-Policy", headers.referrer_policy);
  add("Permissions-Policy", headers.permissions_policy);
  add("Strict-Transport-Security", headers.transport_security, true);
  add("Cross-Origin-Opener-Policy", headers.opener_policy);
  add("Cross-Origin-Embedder-Policy", headers.embedder_policy);
  add("Cross-Origin-Resource-Policy", headers.resource_policy);
  if (!headers.gives_nonce()) add(kPolicy, headers.content_policy);
  return out;
}

class SecurityHeadersFilter final : public Filter {
 public:
  SecurityHeadersFilter(SecurityHeaders headers, DrawNonce draw)
      : headers_(std::move(headers)),
        lines_(lines_of(headers_)),
        gives_nonce_(headers_.gives_nonce()),
        draw_(std::move(draw)) {}

  Hooks hooks() const override { return {.request = gives_nonce_, .response = true}; }

  Verdict on_request(Exchange& exchange, base::TimePoint /*now*/) override {
    http1::RequestHead& request = exchange.request;
    for (std::size_t i = 0; i < request.field_count; ++i) {
      if (same_variable(request.fields[i].name, headers_.nonce_header)) request.drop.set(i);
    }
    const std::size_t at =
        exchange.to_upstream.lines().size() + headers_.nonce_header.size() + 2;  // ": "
    exchange.to_upstream.add(headers_.nonce_header, crypto::base64_encode(draw_()));
    exchange.notes[kNonceNote] = at + 1;
    return Verdict::Forward;
  }

  void on_response(Exchange& exchange) override {
    for (const Line& line : lines_) {
      if (line.tls_only && !exchange.client->tls) continue;
      if (is_ours(exchange, line.name)) exchange.to_client.add_lines(line.line);
    }
    if (!gives_nonce_ || !is_ours(exchange, kPolicy)) return;
    if (exchange.response->status != kNotModified) add_policy(exchange);
  }

 private:
  /// Whether the application does not say it, or is not to.
  bool is_ours(Exchange& exchange, std::string_view name) const {
    if (http1::find(*exchange.response, name) == nullptr) return true;
    if (headers_.replace) leave_out_field(*exchange.response, name);
    return headers_.replace;
  }

  /// What was refused before it came here has one that nobody was told.
  void add_policy(Exchange& exchange) {
    const std::size_t note = exchange.notes[kNonceNote];
    std::string drawn;
    if (note == 0) drawn = crypto::base64_encode(draw_());
    const std::string_view nonce =
        note == 0 ? drawn : exchange.to_upstream.lines().substr(note - 1, kNonceLetters);
    std::string_view policy = headers_.content_policy;
    std::string value;
    for (std::size_t at = policy.find(kNoncePlaceholder); at != std::string_view::npos;
         at = policy.find(kNoncePlaceholder)) {
      value.append(policy.substr(0, at)).append(nonce);
      policy.remove_prefix(at + kNoncePlaceholder.size());
    }
    exchange.to_client.add(kPolicy, value.append(policy));
  }

  const SecurityHeaders headers_;
  const std::vector<Line> lines_;
  const bool gives_nonce_;
  const DrawNonce draw_;
};

}  // namespace

std::string draw_nonce() {
  return aio::random_bytes(kNonceBytes);
}

std::unique_ptr<Filter> make_security_headers_filter(SecurityHeaders headers, DrawNonce draw) {
  return std::make_unique<SecurityHeadersFilter>(std::move(headers), std::move(draw));
}

}  // namespace sidecar
