// An API server that answers when it is told to, and until then nothing: a request ends when it is
// given up.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "aio/event.h"
#include "kube/client.h"

namespace cluster {

class SlowServer final : public kube::Client {
 public:
  explicit SlowServer(const aio::Executor& executor) : answers(executor) {}
  const std::string& ns() const override { return ns_; }
  std::string host() const override { return "slow:443"; }
  aio::Task<base::Result<kube::Reply>> send(std::string method, std::string target, std::string,
                                            std::string, std::stop_token stop) override {
    asked.push_back(method + " " + target);
    most = std::max(most, ++under_way);
    const bool answered = co_await answers.wait(std::move(stop));
    --under_way;
    if (!answered) co_return base::fail(base::Code::Cancelled, method + " has no answer");
    co_return kube::Reply{.code = code};
  }
  aio::Task<base::Result<kube::Reply>> stream(std::string, std::function<void()>,
                                              std::function<bool(std::string_view)>,
                                              std::stop_token) override {
    co_return kube::Reply{.code = 200};
  }
  aio::Task<base::Result<kube::Upgrade>> upgrade(std::string, std::vector<std::string>,
                                                 std::stop_token) override {
    co_return kube::Upgrade{};
  }

  aio::Event answers;
  unsigned code = 200;
  std::vector<std::string> asked;
  int under_way = 0, most = 0;

 private:
  std::string ns_ = "shop";
};

}  // namespace cluster
