#include "probes/tcp_stream.h"

#include "probes/link_operation.h"

namespace probes {
namespace {

// An answer that goes on and on without the expected text is none.
constexpr std::size_t kAnswerBytesMax = 64U << 10U;

class TcpSlot final : public LinkSlot {
 public:
  TcpSlot(LinkOperation& operation, std::size_t number, const TcpExchange& exchange)
      : LinkSlot(operation, number), exchange_(exchange) {}

 private:
  void reset() override { answer_.clear(); }

  void send() override {
    if (!exchange_.send.empty() && !transmit(exchange_.send)) {
      return;
    }
    if (exchange_.expect.empty()) {
      end(Completion::ok());
    }
  }

  void take(std::string_view bytes) override {
    if (answered(bytes)) {
      end(Completion::ok());
    } else if (answer_.size() > kAnswerBytesMax) {
      end_broken();
    }
  }

  bool answered(std::string_view bytes) {
    if (answer_.empty() && bytes.find(exchange_.expect) != std::string_view::npos) {
      return true;
    }
    answer_.append(bytes);
    return answer_.find(exchange_.expect) != std::string::npos;
  }

  const TcpExchange& exchange_;
  std::string answer_;  // of several pieces
};

class TcpOperation final : public LinkOperation {
 public:
  TcpOperation(LinkTarget target, TcpExchange exchange, Connections connections)
      : LinkOperation(std::move(target), connections, exchange.reconnect),
        exchange_(std::move(exchange)) {}

 private:
  std::unique_ptr<LinkSlot> make_slot(std::size_t number) override {
    return std::make_unique<TcpSlot>(*this, number, exchange_);
  }

  TcpExchange exchange_;
};

}  // namespace

base::Result<std::unique_ptr<Operation>> make_tcp_operation(LinkTarget target, TcpExchange exchange,
                                                            Connections connections) {
  if (connections == Connections::Open && (exchange.send.empty() || exchange.expect.empty())) {
    return base::fail(base::Code::InvalidArgument,
                      "tcp: a stream over open connections needs a text to send and one to expect");
  }
  return std::make_unique<TcpOperation>(std::move(target), std::move(exchange), connections);
}

}  // namespace probes
