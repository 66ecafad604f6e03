#include "sidecar/filter_concurrency.h"

#include <utility>

#include "sidecar/error_reply.h"

namespace sidecar {
namespace {

class ConcurrencyFilter final : public Filter {
 public:
  ConcurrencyFilter(ClientSlots& slots, std::shared_ptr<const Clients> clients)
      : slots_(slots), clients_(std::move(clients)) {}
  Hooks hooks() const override { return {.request = true, .end = true}; }

  Verdict on_request(Exchange& exchange, base::TimePoint /*now*/) override {
    if (clients_->is_exempt(exchange)) return Verdict::Forward;
    if (slots_.begin(exchange, clients_->of(exchange))) return Verdict::Forward;
    Reply& reply = exchange.reply;
    reply.status = 429;
    reply.content_type = kJson;
    write_error_body(reply.body, reply.status, "too_many_at_once",
                     "this client has as many requests under way as it may have",
                     exchange.request_id);
    exchange.to_client.add("Retry-After", "1");
    return Verdict::Answer;
  }

  void on_end(const Exchange& exchange, const Ending& /*ending*/) override { slots_.end(exchange); }

 private:
  ClientSlots& slots_;
  const std::shared_ptr<const Clients> clients_;
};

}  // namespace

std::unique_ptr<Filter> make_concurrency_filter(ClientSlots& slots,
                                                std::shared_ptr<const Clients> clients) {
  return std::make_unique<ConcurrencyFilter>(slots, std::move(clients));
}

}  // namespace sidecar
