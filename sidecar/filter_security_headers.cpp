#include "sidecar/filter_security_headers.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aio/entropy.h"
#include "crypto/base64.h"
#include "sidecar/cache_entry.h"
#include "sidecar/notes.h"

namespace sidecar {
namespace {

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

/// What they say together, over TLS or not.
std::string all_of(const std::vector<Line>& lines, bool tls) {
  std::string out;
  for (const Line& line : lines) {
    if (tls || !line.tls_only) out.append(line.line);
  }
  return out;
}

std::uint64_t marks_of(const std::vector<Line>& lines) {
  std::uint64_t out = 0;
  for (const Line& line : lines) out |= http1::name_mark(line.name);
  return out;
}

/// The line of a policy with nonces, cut where they stand.
std::vector<std::string> cut_at_nonces(std::string_view policy) {
  std::vector<std::string> out{std::string(kPolicy) + ": "};
  for (std::size_t at = policy.find(kNoncePlaceholder); at != std::string_view::npos;
       at = policy.find(kNoncePlaceholder)) {
    out.back().append(policy.substr(0, at));
    out.emplace_back();
    policy.remove_prefix(at + kNoncePlaceholder.size());
  }
  out.back().append(policy).append("\r\n");
  return out;
}

class SecurityHeadersFilter final : public Filter {
 public:
  SecurityHeadersFilter(SecurityHeaders headers, DrawNonce draw)
      : headers_(std::move(headers)),
        lines_(lines_of(headers_)),
        all_{all_of(lines_, false), all_of(lines_, true)},
        marks_(marks_of(lines_)),
        policy_(cut_at_nonces(headers_.content_policy)),
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
    exchange.to_upstream.add(headers_.nonce_header, draw());
    exchange.notes[kNonceNote] = at + 1;
    return Verdict::Forward;
  }

  void on_response(Exchange& exchange) override {
    const bool tls = exchange.client->tls;
    if ((exchange.response->marks & marks_) == 0) {
      exchange.to_client.add_lines(all_[tls ? 1 : 0]);
    } else {
      for (const Line& line : lines_) {
        if (line.tls_only && !tls) continue;
        if (is_ours(exchange, line.name)) exchange.to_client.add_lines(line.line);
      }
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

  /// Until the next one is drawn.
  std::string_view draw() {
    const Nonce nonce = draw_();
    return crypto::base64_encode(nonce, letters_);
  }

  /// What was refused before it came here has one that nobody was told.
  void add_policy(Exchange& exchange) {
    const std::size_t note = exchange.notes[kNonceNote];
    const std::string_view nonce =
        note == 0 ? draw() : exchange.to_upstream.lines().substr(note - 1, kNonceLetters);
    exchange.to_client.add_lines(policy_.front());
    for (std::size_t i = 1; i < policy_.size(); ++i) {
      exchange.to_client.add_lines(nonce);
      exchange.to_client.add_lines(policy_[i]);
    }
  }

  const SecurityHeaders headers_;
  const std::vector<Line> lines_;
  const std::array<std::string, 2> all_;  // plain, TLS
  const std::uint64_t marks_;             // of their names
  const std::vector<std::string> policy_;
  const bool gives_nonce_;
  const DrawNonce draw_;
  std::array<char, kNonceLetters + 1> letters_{};
};

}  // namespace

DrawNonce system_nonces() {
  return [pool = std::make_shared<aio::EntropyPool>()] {
    Nonce nonce;
    pool->take(nonce);
    return nonce;
  };
}

std::unique_ptr<Filter> make_security_headers_filter(SecurityHeaders headers, DrawNonce draw) {
  return std::make_unique<SecurityHeadersFilter>(std::move(headers), std::move(draw));
}

}  // namespace sidecar
