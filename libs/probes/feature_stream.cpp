#include "probes/feature_stream.h"

#include "probes/http_slot.h"

namespace probes {
namespace {

class FeatureSlot final : public HttpAnswerSlot {
 public:
  FeatureSlot(LinkOperation& stream, std::size_t number, const FeatureExchange& exchange,
              const net::Address& address)
      : HttpAnswerSlot(stream, number), exchange_(exchange), address_(address) {}

 private:
  void reset() override {
    cookies_.clear();
    login_ = exchange_.login.has_value();
    ask_.begin(login_ ? *exchange_.login : exchange_.feature, address_, cookies_);
  }
  void send() override { transmit(ask_.text()); }
  net::HttpResponseParser& answer() override { return ask_.answer(); }

  void answered() override {
    const Completion completion = ask_.judged();
    if (!login_ || completion.outcome != drill::Outcome::Ok) {
      end(completion);
      return;
    }
    login_ = false;
    ask_.give_cookies(cookies_);
    const bool stays = ask_.answer().keep_alive();
    ask_.begin(exchange_.feature, address_, cookies_);
    if (stays) {
      send();
    } else {
      close();
      connect();
    }
  }

  const FeatureExchange& exchange_;
  const net::Address& address_;
  HttpAsk ask_;
  net::CookieJar cookies_;
  bool login_ = false;
};

class FeatureOperation final : public LinkOperation {
 public:
  FeatureOperation(const LinkTarget& target, FeatureExchange exchange)
      : LinkOperation(target, Connections::New, true),
        address_(target.address),
        exchange_(std::move(exchange)) {}

 private:
  std::unique_ptr<LinkSlot> make_slot(std::size_t number) override {
    return std::make_unique<FeatureSlot>(*this, number, exchange_, address_);
  }

  net::Address address_;
  FeatureExchange exchange_;
};

}  // namespace

base::Result<std::unique_ptr<Operation>> make_feature_operation(LinkTarget target,
                                                                FeatureExchange exchange) {
  TRY(check(exchange.feature));
  if (exchange.login) TRY(check(*exchange.login));
  return std::make_unique<FeatureOperation>(target, std::move(exchange));
}

}  // namespace probes
