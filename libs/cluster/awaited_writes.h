// What a drill writes is not given up half-way. A request that was cancelled when it had left may
// still be carried out, after the undo has looked and found nothing to do. So its answer is awaited
// for a while after a stop, and only reads are given up at once; what is not begun yet is not
// begun.
#pragma once

#include <string>
#include <vector>

#include "kube/client.h"

namespace cluster {

/// Less than the guardian gives a runner that is overdue (operator/guard.cpp).
inline constexpr base::Duration kAnswerWithin = base::seconds(3);

class AwaitedWrites final : public kube::Client {
 public:
  /// Lifetime: both outlive it.
  AwaitedWrites(aio::Clock& clock, kube::Client& inner) : clock_(clock), inner_(inner) {}

  const std::string& ns() const override { return inner_.ns(); }
  std::string host() const override { return inner_.host(); }
  /// Errors: Cancelled also where no answer came within kAnswerWithin of the stop.
  aio::Task<base::Result<kube::Reply>> send(std::string method, std::string target,
                                            std::string content_type, std::string body,
                                            std::stop_token stop) override;
  aio::Task<base::Result<kube::Reply>> stream(std::string target, std::function<void()> opened,
                                              std::function<bool(std::string_view)> sink,
                                              std::stop_token stop) override {
    return inner_.stream(std::move(target), std::move(opened), std::move(sink), std::move(stop));
  }
  aio::Task<base::Result<kube::Upgrade>> upgrade(std::string target,
                                                 std::vector<std::string> protocols,
                                                 std::stop_token stop) override {
    return inner_.upgrade(std::move(target), std::move(protocols), std::move(stop));
  }

 private:
  aio::Clock& clock_;
  kube::Client& inner_;
};

}  // namespace cluster
