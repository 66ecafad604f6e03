// Drives one Operation as the prober does, without its clock: an operation is started and its
// completion awaited, or it is abandoned, on the test's own io_context.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "aio/clock.h"
#include "probes/operation.h"

namespace probes {

class OneOperation final : public Completions {
 public:
  OneOperation(boost::asio::io_context& context, base::Result<std::unique_ptr<Operation>> operation,
               std::size_t slots = 1)
      : context_(context) {
    EXPECT_TRUE(operation.has_value()) << operation.error().message;
    operation_ = std::move(*operation);
    operation_->open(context_.get_executor(), *this, slots);
  }
  ~OneOperation() {
    operation_->close();
    context_.restart();
    context_.poll();
  }

  void done(std::size_t, const Completion& completion) override { last_ = completion; }

  /// Turns the loop until something holds; false after `patience`.
  template <class Holds>
  bool until(Holds holds, base::Duration patience = base::seconds(20)) {
    const base::TimePoint end = aio::now() + patience;
    context_.restart();
    while (!holds() && aio::now() < end) context_.run_one_for(std::chrono::milliseconds(20));
    return holds();
  }
  void start(std::size_t slot = 0) {
    last_.reset();
    const base::TimePoint now = aio::now();
    operation_->start(slot, Due{++seq_, now, now});
  }
  /// The completion; what abandoning gave where none came within `patience`.
  Completion finish(base::Duration patience = base::seconds(20), std::size_t slot = 0) {
    if (until([this] { return last_.has_value(); }, patience)) return *last_;
    const Completion abandoned = operation_->abandon(slot, drill::Cause::Timeout);
    context_.restart();
    context_.poll();
    EXPECT_FALSE(last_.has_value()) << "done() after abandon()";
    return abandoned;
  }
  Completion once(base::Duration patience = base::seconds(20)) {
    start();
    return finish(patience);
  }
  std::uint64_t seq() const { return seq_; }

 private:
  boost::asio::io_context& context_;
  std::unique_ptr<Operation> operation_;
  std::optional<Completion> last_;
  std::uint64_t seq_ = 0;
};

/// "ok/None", "fail/Refused".
inline std::string said(const Completion& completion) {
  std::string out = drill::name(completion.outcome);
  return out + "/" + drill::name(completion.cause);
}

}  // namespace probes
