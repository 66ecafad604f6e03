#include "probes/link_operation.h"

namespace probes {

using drill::Cause;

void LinkSlot::connect() {
  tried_ = true;
  connection_ = operation_.target_.connection(operation_.executor_, *this);
  connection_->connect();
}

void LinkSlot::start(const Due& due) {
  due_ = due;
  active_ = true;
  sent_ = false;
  reset();
  if (const auto held = held_back()) {
    end(*held);
    return;
  }
  if (connection_ == nullptr) {
    if (tried_ && !operation_.reconnects()) {
      end(Completion::fail(Cause::Refused));
      return;
    }
    connect();
  } else if (connected_) {
    send();
  }
}

void LinkSlot::on_connected() {
  greeting_ = true;
  if (!greet()) {
    greeted();
  }
}

void LinkSlot::greeted() {
  greeting_ = false;
  connected_ = true;
  if (active_) {
    send();
  }
}

void LinkSlot::say(std::string_view bytes) {
  if (!connection_->send(bytes)) {
    turned_away(Cause::Refused);
  }
}

void LinkSlot::turned_away(Cause cause) {
  close();
  if (active_) {
    end(Completion::fail(cause));
  }
}

bool LinkSlot::transmit(std::string_view bytes) {
  const bool before = std::exchange(sent_, true);
  if (connection_->send(bytes)) {
    return true;
  }
  sent_ = before;  // of two requests the first may have had its effect
  close();
  end(before ? Completion::info(Cause::Reset) : Completion::fail(Cause::Refused));
  return false;
}

void LinkSlot::on_data(std::string_view bytes) {
  if (greeting_) {
    take_greeting(bytes);
  } else if (active_) {
    take(bytes);
  } else {
    close();  // such as "408 Request Timeout" before closing
  }
}

void LinkSlot::on_failed(net::Failure failure, const std::string&) {
  close();
  if (!active_ || (failure == net::Failure::Closed && ended_by_close())) {
    return;
  }
  end(completion_of(failure, sent_));
}

void LinkSlot::end(Completion completion) {
  active_ = false;
  ended(completion);
  if (!operation_.keeps()) {
    close();
  }
  operation_.completions_->done(number_, completion);
}

void LinkSlot::end_broken() {
  close();
  end(sent_ ? Completion::info(Cause::Protocol) : Completion::fail(Cause::Protocol));
}

Completion LinkSlot::abandon(Cause cause) {
  Completion known = completion_of(cause, connected_, sent_);
  active_ = false;
  ended(known);
  close();
  return known;
}

void LinkSlot::close() {
  if (connection_ != nullptr) {
    connection_->close();
    connection_.reset();
  }
  greeting_ = false;
  connected_ = false;
}

void LinkOperation::open(const aio::Executor& executor, Completions& completions,
                         std::size_t slots) {
  executor_ = executor;
  completions_ = &completions;
  for (std::size_t number = 0; number < slots; ++number) {
    slots_.push_back(make_slot(number));
    if (keeps()) {
      slots_.back()->connect();
    }
  }
}

void LinkOperation::start(std::size_t slot, const Due& due) {
  slots_[slot]->start(due);
}

Completion LinkOperation::abandon(std::size_t slot, Cause cause) {
  return slots_[slot]->abandon(cause);
}

void LinkOperation::close() {
  for (auto& slot : slots_) {
    slot->close();
  }
}

}  // namespace probes
