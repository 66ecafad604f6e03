#include "sidecar/upstream.h"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include "aio/clock.h"
#include "sidecar/session.h"

namespace sidecar {

Upstream::Upstream(Core& core)
    : buffer(core.blocks), core_(core), socket_(core.context), timer_(this, [](void* self) {
        auto& upstream = *static_cast<Upstream*>(self);
        upstream.core_.pool->ring(upstream);
      }) {}

void Upstream::connect(Session& owner, Places& to) {
  owner_ = &owner;
  core_.figures.upstream_connections.add();
  dial(to, to.good(), to.size());
}

/// `left`: places that have not been tried, this one among them.
void Upstream::dial(Places& to, std::size_t at, std::size_t left) {
  error_code error;
  socket_.open(to.at(at).protocol(), error);
  if (!error) socket_.non_blocking(true, error);
  if (!error) socket_.set_option(tcp::no_delay(true), error);
  const auto done = [self = Pointer(this), &to, at, left](const error_code& outcome) {
    self->dialled(to, at, left, outcome);
  };
  if (error) {
    asio::post(core_.context, [done, error] { done(error); });
  } else {
    socket_.async_connect(to.at(at), done);
  }
}

void Upstream::dialled(Places& to, std::size_t at, std::size_t left, const error_code& error) {
  if (owner_ == nullptr) return;
  if (left > 1 && means_elsewhere(error)) {
    error_code ignored;
    socket_.close(ignored);
    return dial(to, to.after(at), left - 1);
  }
  if (!error) to.found_good(at);
  owner_->upstream_connected(error);
}

void Upstream::read() {
  if (reading_ || closed_ || ended()) return;
  buffer.hold();
  buffer.compact();
  const auto room = buffer.room();
  if (room.empty()) return;
  reading_ = true;
  socket_.async_read_some(asio::buffer(room.data(), room.size()),
                          [self = Pointer(this)](const error_code& error, std::size_t count) {
                            self->read_done(error, count);
                          });
}

void Upstream::read_done(const error_code& error, std::size_t count) {
  reading_ = false;
  if (closed_) return;
  buffer.fill(count);
  error_ = error;
  if (owner_ != nullptr) return owner_->upstream_read();
  // Nobody asked: the end of a kept connection, or a response to no request.
  core_.pool->drop(*this);
}

error_code Upstream::write(Gather& gather) {
  error_code error;
  gather.advance(socket_.write_some(GatherView(gather), error));
  if (error && error != asio::error::would_block) return error;
  if (gather.empty()) return {};
  writing_ = true;
  await_write(gather);
  return asio::error::would_block;
}

void Upstream::await_write(Gather& gather) {
  socket_.async_write_some(GatherView(gather), [self = Pointer(this), &gather](
                                                   const error_code& error, std::size_t count) {
    if (self->closed_ || self->owner_ == nullptr) return;
    gather.advance(count);
    if (!error && !gather.empty()) return self->await_write(gather);
    self->writing_ = false;
    self->owner_->upstream_written(error);
  });
}

void Upstream::shut_down_sending() {
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

void Upstream::forsake() {
  error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
}

void Upstream::close() {
  closed_ = true;
  owner_ = nullptr;
  core_.timers.disarm(timer_);
  error_code ignored;
  socket_.close(ignored);
}

UpstreamPointer UpstreamPool::take() {
  if (idle_.empty()) return nullptr;
  UpstreamPointer out = std::move(idle_.back());
  idle_.pop_back();
  core_.figures.upstream_idle.drop();
  out->reused_ = true;
  return out;
}

void UpstreamPool::give(UpstreamPointer upstream) {
  if (core_.draining || idle_.size() >= core_.settings().upstream_idle_max)
    return upstream->close();
  upstream->detach();
  upstream->kept_until_ = core_.now + core_.settings().upstream_idle;
  if (!upstream->timer_.armed()) core_.timers.arm(upstream->timer_, upstream->kept_until_);
  upstream->read();
  idle_.push_back(std::move(upstream));
  core_.figures.upstream_idle.add();
}

void UpstreamPool::drop(Upstream& upstream) {
  const auto at = std::ranges::find(idle_, &upstream, [](const auto& one) { return one.get(); });
  if (at == idle_.end()) return;
  const UpstreamPointer kept = std::move(*at);
  idle_.erase(at);
  core_.figures.upstream_idle.drop();
  kept->close();
}

/// The timer is set once and finds out by itself that the connection was used meanwhile.
void UpstreamPool::ring(Upstream& upstream) {
  if (upstream.owner_ != nullptr) return;
  if (aio::now() < upstream.kept_until_) {
    return core_.timers.arm(upstream.timer_, upstream.kept_until_);
  }
  drop(upstream);
}

void UpstreamPool::clear() {
  while (!idle_.empty()) drop(*idle_.back());
}

}  // namespace sidecar
