// A client that stands before another one: what a class made of it does not see to itself goes on
// as it came.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "kube/client.h"

namespace kube {

class ForwardingClient : public Client {
 public:
  /// Lifetime: `inner` outlives it.
  explicit ForwardingClient(Client& inner) : inner_(inner) {}

  const std::string& ns() const override { return inner_.ns(); }
  std::string host() const override { return inner_.host(); }
  aio::Task<base::Result<Reply>> send(std::string method, std::string target,
                                      std::string content_type, std::string body,
                                      std::stop_token stop) override {
    return inner_.send(std::move(method), std::move(target), std::move(content_type),
                       std::move(body), std::move(stop));
  }
  aio::Task<base::Result<Reply>> stream(std::string target, std::function<void()> opened,
                                        std::function<bool(std::string_view)> sink,
                                        std::stop_token stop) override {
    return inner_.stream(std::move(target), std::move(opened), std::move(sink), std::move(stop));
  }
  aio::Task<base::Result<Upgrade>> upgrade(std::string target, std::vector<std::string> protocols,
                                           std::stop_token stop) override {
    return inner_.upgrade(std::move(target), std::move(protocols), std::move(stop));
  }

 protected:
  Client& inner_;
};

}  // namespace kube
