#include "sidecar/filter_deny.h"

#include <utility>

#include "sidecar/error_reply.h"

namespace sidecar {
namespace {

class DenyFilter final : public Filter {
 public:
  DenyFilter(LimitFigures& figures, std::shared_ptr<const Clients> clients)
      : figures_(figures), clients_(std::move(clients)) {}
  Hooks hooks() const override { return {.request = true}; }

  Verdict on_request(Exchange& exchange, base::TimePoint /*now*/) override {
    if (clients_->is_exempt(exchange) || !clients_->is_denied(clients_->address(exchange))) {
      return Verdict::Forward;
    }
    figures_.denied.add();
    reply_with_error(exchange, 403, "denied", kDeniedMessage);
    return Verdict::Answer;
  }

 private:
  LimitFigures& figures_;
  const std::shared_ptr<const Clients> clients_;
};

}  // namespace

std::unique_ptr<Filter> make_deny_filter(LimitFigures& figures,
                                         std::shared_ptr<const Clients> clients) {
  return std::make_unique<DenyFilter>(figures, std::move(clients));
}

}  // namespace sidecar
