#include "sidecar/filter_security_headers.h"

#include <array>
#include <string_view>

namespace sidecar {
namespace {

struct Line {
  std::string_view name, line;
  bool tls_only = false;
};

constexpr std::array<Line, 5> kLines{{
    {"X-Content-Type-Options", "X-Content-Type-Options: nosniff\r\n"},
    {"X-Frame-Options", "X-Frame-Options: SAMEORIGIN\r\n"},
    {"Referrer-Policy", "Referrer-Policy: strict-origin-when-cross-origin\r\n"},
    {"Permissions-Policy", "Permissions-Policy: browsing-topics=(), serial=(), usb=()\r\n"},
    {"Strict-Transport-Security", "Strict-Transport-Security: max-age=31536000\r\n", true},
}};

class SecurityHeadersFilter final : public Filter {
 public:
  Hooks hooks() const override { return {.response = true}; }

  void on_response(Exchange& exchange) override {
    for (const Line& line : kLines) {
      if (line.tls_only && !exchange.client->tls) continue;
      if (http1::find(*exchange.response, line.name) != nullptr) continue;
      exchange.to_client.add_lines(line.line);
    }
  }
};

}  // namespace

std::unique_ptr<Filter> make_security_headers_filter() {
  return std::make_unique<SecurityHeadersFilter>();
}

}  // namespace sidecar
