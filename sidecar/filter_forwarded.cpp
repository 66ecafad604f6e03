#include "sidecar/filter_forwarded.h"

#include <string>

namespace sidecar {
namespace {

constexpr std::string_view kFor = "X-Forwarded-For";
constexpr std::string_view kProto = "X-Forwarded-Proto";
constexpr std::string_view kHost = "X-Forwarded-Host";
constexpr std::string_view kForwarded = "Forwarded";

class ForwardedFilter final : public Filter {
 public:
  explicit ForwardedFilter(Forwarded how) : how_(how) {}
  Hooks hooks() const override { return {.request = true}; }

  Verdict on_request(Exchange& exchange, base::TimePoint) override {
    exchange.to_upstream.add_lines(exchange.request.minor == 0 ? "Via: 1.0 muster\r\n"
                                                               : "Via: 1.1 muster\r\n");
    if (how_ == Forwarded::Off) return Verdict::Forward;
    add_for(exchange);
    add_once(exchange, kProto, exchange.client->tls ? "https" : "http");
    add_once(exchange, kHost, exchange.request.host);
    add_forwarded(exchange);
    return Verdict::Forward;
  }

 private:
  /// Many applications read one line only, so that there is one.
  void add_for(Exchange& exchange) {
    gather(exchange, kFor);
    text_.append(exchange.client->address);
    exchange.to_upstream.add(kFor, text_);
  }

  void add_once(Exchange& exchange, std::string_view name, std::string_view value) {
    http1::RequestHead& request = exchange.request;
    const http1::Field* there = http1::find(request, name);
    if (there != nullptr && how_ == Forwarded::Append) return;
    for (; there != nullptr; there = http1::find(request, name, there)) leave_out(request, *there);
    if (!value.empty()) exchange.to_upstream.add(name, value);
  }

  void add_forwarded(Exchange& exchange) {
    if (http1::find(exchange.request, kForwarded) == nullptr) return;
    gather(exchange, kForwarded);
    if (how_ == Forwarded::Replace) return;
    const std::string& address = exchange.client->address;
    const bool v6 = address.find(':') != std::string::npos;
    text_.append(v6 ? "for=\"[" : "for=").append(address).append(v6 ? "]\"" : "");
    text_.append(exchange.client->tls ? ";proto=https" : ";proto=http");
    exchange.to_upstream.add(kForwarded, text_);
  }

  /// Takes all lines of this name out of the request, and, when appending, into text_.
  void gather(Exchange& exchange, std::string_view name) {
    text_.clear();
    http1::RequestHead& request = exchange.request;
    for (const auto* field = http1::find(request, name); field != nullptr;
         field = http1::find(request, name, field)) {
      if (how_ == Forwarded::Append && !field->value.empty()) {
        text_.append(field->value).append(", ");
      }
      leave_out(request, *field);
    }
  }

  static void leave_out(http1::RequestHead& request, const http1::Field& field) {
    request.drop.set(static_cast<std::size_t>(&field - request.fields.data()));
  }

  Forwarded how_;
  std::string text_;
};

}  // namespace

std::unique_ptr<Filter> make_forwarded_filter(Forwarded how) {
  return std::make_unique<ForwardedFilter>(how);
}

}  // namespace sidecar
