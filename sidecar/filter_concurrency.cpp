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
    const limit::Address client = clients_->address(exchange);
    if (clients_->is_allowed(client)) return Verdict::Forward;
    if (slots_.begin(exchange, limit::bucket_of(client), clients_->dry_run())) {
      return Verdict::Forward;
    }
    reply_with_error(exchange, 429, "too_many_at_once",
                     "this client has as many requests under way as it may have");
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
