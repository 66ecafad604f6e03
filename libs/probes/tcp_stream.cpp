#include "probes/tcp_stream.h"

#include <vector>

namespace probes {

using drill::Cause;

namespace {
// An answer that goes on and on without the expected text is none.
constexpr std::size_t kAnswerBytesMax = 64U << 10U;

class TcpOperation;

class TcpSlot final : public net::ConnectionEvents {
 public:
  TcpSlot(TcpOperation& stream, std::size_t number) : stream_(stream), number_(number) {}

  void connect();
  void start();
  Completion abandon(Cause cause);
  void close();

  void on_connected() override;
  void on_data(std::string_view bytes) override;
  void on_failed(net::Failure failure, const std::string& detail) override;

 private:
  void send();
  void end(const Completion& completion);
  bool answered(std::string_view bytes);

  TcpOperation& stream_;
  std::size_t number_;
  std::shared_ptr<net::Connection> connection_;
  std::string answer_;  // of several pieces
  bool connected_ = false;
  bool active_ = false;  // an operation waits
  bool sent_ = false;
  bool tried_ = false;
};

class TcpOperation final : public Operation {
 public:
  TcpOperation(LinkTarget target, TcpExchange exchange, Connections connections)
      : target_(std::move(target)), exchange_(std::move(exchange)), connections_(connections) {}

  void open(const aio::Executor& executor, Completions& completions, std::size_t slots) override {
    executor_ = executor;
    completions_ = &completions;
    for (std::size_t number = 0; number < slots; ++number) {
      slots_.push_back(std::make_unique<TcpSlot>(*this, number));
      if (keeps()) {
        slots_.back()->connect();
      }
    }
  }
  void start(std::size_t slot, const Due&) override { slots_[slot]->start(); }
  Completion abandon(std::size_t slot, Cause cause) override {
    return slots_[slot]->abandon(cause);
  }
  void close() override {
    for (auto& slot : slots_) {
      slot->close();
    }
  }

  bool keeps() const { return connections_ == Connections::Open; }
  const TcpExchange& exchange() const { return exchange_; }
  std::shared_ptr<net::Connection> connection(net::ConnectionEvents& events) const {
    return target_.connection(executor_, events);
  }
  void done(std::size_t slot, const Completion& completion) {
    completions_->done(slot, completion);
  }

 private:
  LinkTarget target_;
  TcpExchange exchange_;
  Connections connections_;
  aio::Executor executor_;
  Completions* completions_ = nullptr;
  std::vector<std::unique_ptr<TcpSlot>> slots_;
};

void TcpSlot::connect() {
  tried_ = true;
  connection_ = stream_.connection(*this);
  connection_->connect();
}

void TcpSlot::start() {
  active_ = true;
  sent_ = false;
  answer_.clear();
  if (connection_ == nullptr) {
    if (stream_.keeps() && tried_ && !stream_.exchange().reconnect) {
      end(Completion::fail(Cause::Refused));
      return;
    }
    connect();
  } else if (connected_) {
    send();
  }
}

void TcpSlot::on_connected() {
  connected_ = true;
  if (active_) {
    send();
  }
}

void TcpSlot::send() {
  const TcpExchange& exchange = stream_.exchange();
  if (!exchange.send.empty()) {
    sent_ = true;
    if (!connection_->send(exchange.send)) {
      sent_ = false;
      close();
      end(Completion::fail(Cause::Refused));
      return;
    }
  }
  if (exchange.expect.empty()) {
    end(Completion::ok());
  }
}

bool TcpSlot::answered(std::string_view bytes) {
  const std::string& expect = stream_.exchange().expect;
  if (answer_.empty() && bytes.find(expect) != std::string_view::npos) {
    return true;
  }
  answer_.append(bytes);
  return answer_.find(expect) != std::string::npos;
}

void TcpSlot::on_data(std::string_view bytes) {
  if (!active_) {
    close();  // nothing was asked for: whatever comes next could not be told from an answer
    return;
  }
  if (answered(bytes)) {
    end(Completion::ok());
  } else if (answer_.size() > kAnswerBytesMax) {
    close();
    end(Completion::info(Cause::Protocol));
  }
}

void TcpSlot::on_failed(net::Failure failure, const std::string&) {
  close();
  if (active_) {
    end(completion_of(failure, sent_));
  }
}

void TcpSlot::end(const Completion& completion) {
  active_ = false;
  if (!stream_.keeps()) {
    close();
  }
  stream_.done(number_, completion);
}

Completion TcpSlot::abandon(Cause cause) {
  const Completion known = completion_of(cause, connected_, sent_);
  active_ = false;
  close();
  return known;
}

void TcpSlot::close() {
  if (connection_ != nullptr) {
    connection_->close();
    connection_.reset();
  }
  connected_ = false;
}
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
