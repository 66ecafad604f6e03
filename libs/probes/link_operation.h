// What the streams of text protocols (HTTP, TCP) have in common: slots with a connection each, when
// it is opened, used again and dropped, and what its end means for the operation under way. A
// protocol adds what it sends and how it knows an answer.
//
// A protocol may have to greet: to log in and to ask who is there, before a new connection stands.
// That is a part of connecting, as a database's login is: nothing of the operation has been sent.
//
// An operation is active from start() to end() or abandon(). What comes while none is active was
// not asked for: the connection is dropped, because its rest could be taken for the next answer.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "probes/link.h"
#include "probes/prober.h"

namespace probes {

class LinkOperation;

class LinkSlot : public net::ConnectionEvents {
 public:
  LinkSlot(LinkOperation& operation, std::size_t number) : operation_(operation), number_(number) {}
  virtual ~LinkSlot() = default;

  void connect();
  void start(const Due& due);
  Completion abandon(drill::Cause cause);
  void close();

  void on_connected() final;
  void on_data(std::string_view bytes) final;
  void on_failed(net::Failure failure, const std::string& detail) final;

 protected:
  /// Forgets the answer to the last operation.
  virtual void reset() = 0;
  /// The connection stands: sends what the operation sends.
  virtual void send() = 0;
  /// A piece of the answer.
  virtual void take(std::string_view bytes) = 0;
  /// Something: the operation is not sent, and that is what becomes of it. Asked after reset().
  virtual std::optional<Completion> held_back() { return std::nullopt; }
  /// The connection was made. True: it stands only after greeted(); say() sends the greeting.
  virtual bool greet() { return false; }
  /// A piece of the answer to the greeting.
  virtual void take_greeting(std::string_view /*bytes*/) {}
  /// The operation is over, however it ended; what it says may be completed.
  virtual void ended(Completion& /*completion*/) {}
  /// The peer closed in order. True: that was the end of the answer, and end() was called.
  virtual bool ended_by_close() { return false; }

  /// The operation that is under way, from start() on.
  const Due& due() const { return due_; }
  /// Sends a part of the greeting.
  void say(std::string_view bytes);
  /// The connection stands.
  void greeted();
  /// Drops the connection, and ends the operation that waits for it with proof that nothing was
  /// sent.
  void turned_away(drill::Cause cause);
  /// False: it could not be sent, and the operation has ended.
  bool transmit(std::string_view bytes);
  /// Ends the operation.
  void end(Completion completion);
  /// Drops the connection and ends the operation: the answer makes no sense.
  void end_broken();

 private:
  LinkOperation& operation_;
  std::size_t number_;
  std::shared_ptr<net::Connection> connection_;
  Due due_;
  bool greeting_ = false;
  bool connected_ = false;
  bool active_ = false;  // an operation waits
  bool sent_ = false;
  bool tried_ = false;
};

class LinkOperation : public Operation {
 public:
  /// `reconnect`: whether an open connection that broke is opened again.
  LinkOperation(LinkTarget target, Connections connections, bool reconnect)
      : target_(std::move(target)), connections_(connections), reconnect_(reconnect) {}

  void open(const aio::Executor& executor, Completions& completions, std::size_t slots) final;
  void start(std::size_t slot, const Due& due) final;
  Completion abandon(std::size_t slot, drill::Cause cause) final;
  void close() final;

  bool keeps() const { return connections_ == Connections::Open; }
  bool reconnects() const { return reconnect_ || !keeps(); }

 protected:
  virtual std::unique_ptr<LinkSlot> make_slot(std::size_t number) = 0;

 private:
  friend class LinkSlot;
  LinkTarget target_;
  Connections connections_;
  bool reconnect_;
  aio::Executor executor_;
  Completions* completions_ = nullptr;
  std::vector<std::unique_ptr<LinkSlot>> slots_;
};

}  // namespace probes
