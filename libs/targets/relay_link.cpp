#include "targets/relay_link.h"

#include <algorithm>
#include <sys/socket.h>

#include <boost/asio/error.hpp>
#include <boost/asio/write.hpp>

namespace targets {
namespace {

namespace asio = aio::asio;
using Failure = boost::system::error_code;

// Of one direction. At 1 Gbit/s it holds half a second of delay; a longer one slows the sender
// down, as a full window would.
constexpr std::size_t kQueuedBytesMax = 64UL * 1024 * 1024;

// Closing with a linger of zero sends RST instead of FIN.
void abort_socket(RelayLink::Socket& socket) {
  Failure ignored;
  socket.set_option(asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
}

}  // namespace

RelayLink::RelayLink(aio::Clock& clock, RelayShared& shared, Socket client)
    : clock_(clock),
      shared_(shared),
      client_(std::move(client)),
      upstream_(client_.get_executor()) {
  up_.from = down_.to = &client_;
  up_.to = down_.from = &upstream_;
  up_.delivered = &shared_.status.bytes_up;
  down_.delivered = &shared_.status.bytes_down;
  up_.alarm = clock_.alarm(client_.get_executor());
  down_.alarm = clock_.alarm(client_.get_executor());
  Failure ignored;
  client_.set_option(asio::ip::tcp::no_delay(true), ignored);
  ++shared_.status.connections;
}

RelayLink::~RelayLink() {
  --shared_.status.connections;
}

void RelayLink::start() {
  self_ = shared_from_this();
  if (!held()) {
    connect();
  }
}

void RelayLink::connect() {
  connecting_ = true;
  auto self = shared_from_this();
  upstream_.async_connect(shared_.upstream, [self](const Failure& error) {
    self->connecting_ = false;
    if (self->dead_) {
      return;
    }
    if (error) {
      self->reset();
      return;
    }
    self->connected_ = true;
    Failure ignored;
    self->upstream_.set_option(asio::ip::tcp::no_delay(true), ignored);
    self->pump(self->up_);
    self->pump(self->down_);
  });
}

void RelayLink::setting_changed() {
  if (dead_) {
    return;
  }
  if (setting().mode == RelayMode::Refuse || setting().mode == RelayMode::Reset) {
    reset();
    return;
  }
  if (setting().mode == RelayMode::Pass) {
    for (Direction* direction : {&up_, &down_}) {
      for (Chunk& chunk : direction->queue) {
        chunk.due = base::TimePoint::min();
      }
    }
  }
  if (!connected_ && !connecting_) {
    if (!held()) {
      connect();
    }
    return;
  }
  pump(up_);
  pump(down_);
}

void RelayLink::reset() {
  if (dead_) {
    return;
  }
  dead_ = true;
  const auto until_the_end = std::move(self_);
  shared_.status.bytes_discarded += up_.queued_bytes + down_.queued_bytes;
  up_.alarm->disarm();
  down_.alarm->disarm();
  abort_socket(client_);
  abort_socket(upstream_);
}

void RelayLink::pump(Direction& direction) {
  if (dead_ || held() || !connected_ || direction.finished) {
    return;
  }
  if (direction.source_failed) {
    reset();
    return;
  }
  if (!direction.writing && !direction.queue.empty()) {
    write_first(direction);
  }
  if (!direction.reading && !direction.source_ended && direction.queued_bytes < kQueuedBytesMax) {
    read_some(direction);
  }
  if (direction.source_ended && direction.queue.empty() && !direction.writing) {
    finish(direction);
  }
}

void RelayLink::read_some(Direction& direction) {
  direction.reading = true;
  auto self = shared_from_this();
  direction.from->async_read_some(asio::buffer(direction.buffer),
                                  [self, &direction](const Failure& error, std::size_t size) {
                                    direction.reading = false;
                                    if (self->dead_) {
                                      return;
                                    }
                                    if (size > 0) {
                                      self->came(direction, size);
                                    }
                                    if (error) {
                                      self->source_closed(direction, error);
                                    }
                                    self->pump(direction);
                                  });
}

void RelayLink::came(Direction& direction, std::size_t size) {
  const bool delayed = setting().mode == RelayMode::Delay;
  direction.queue.push_back({delayed ? clock_.now() + setting().delay : base::TimePoint::min(),
                             std::string(direction.buffer.data(), size)});
  direction.queued_bytes += size;
}

void RelayLink::source_closed(Direction& direction, const Failure& error) {
  direction.source_ended = true;
  const bool in_flight = direction.queued_bytes > 0 && setting().mode == RelayMode::Delay;
  direction.source_failed = error != asio::error::eof || in_flight;
}

void RelayLink::write_first(Direction& direction) {
  const base::TimePoint due = direction.queue.front().due;
  if (due > clock_.now()) {
    // The alarm dies with the link, so it may hold a bare pointer.
    direction.alarm->arm(due, [this, &direction] { pump(direction); });
    return;
  }
  direction.writing = true;
  auto self = shared_from_this();
  asio::async_write(*direction.to, asio::buffer(direction.queue.front().bytes),
                    [self, &direction](const Failure& error, std::size_t size) {
                      direction.writing = false;
                      *direction.delivered += size;
                      direction.queued_bytes -= direction.queue.front().bytes.size();
                      direction.queue.pop_front();
                      if (self->dead_) {
                        return;
                      }
                      if (error) {
                        self->reset();
                        return;
                      }
                      self->pump(direction);
                    });
}

void RelayLink::finish(Direction& direction) {
  direction.finished = true;
  Failure ignored;
  direction.to->shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  if (up_.finished && down_.finished) {
    dead_ = true;
    const auto until_the_end = std::move(self_);
    client_.close(ignored);
    upstream_.close(ignored);
  }
}

}  // namespace targets
