#include "probes/dns_stream.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <boost/asio/ip/address_v4.hpp>

#include "net/name_query.h"

namespace probes {
namespace {

using boost::asio::ip::udp;
using drill::Cause;

class DnsOperation final : public Operation {
 public:
  DnsOperation(const udp::endpoint& server, std::string name, ServerTable& servers)
      : server_(server), name_(std::move(name)), servers_(servers) {}

  void open(const aio::Executor& executor, Completions& completions, std::size_t slots) override {
    executor_ = executor;
    completions_ = &completions;
    queries_.resize(slots);
  }

  void start(std::size_t slot, const Due&) override {
    queries_[slot] = std::make_shared<net::NameQuery>(executor_, server_, name_);
    queries_[slot]->ask([this, slot](const net::NameReply& reply) {
      queries_[slot].reset();
      completions_->done(slot, completion_of(reply));
    });
  }

  Completion abandon(std::size_t slot, Cause cause) override {
    const auto query = std::exchange(queries_[slot], nullptr);
    const bool sent = query != nullptr && query->sent();
    if (query) query->cancel();
    return sent ? Completion::info(cause) : Completion::fail(cause);
  }

  void close() override {
    for (auto& query : queries_) {
      if (query) query->cancel();
      query.reset();
    }
  }

 private:
  Completion completion_of(const net::NameReply& reply) {
    switch (reply.outcome) {
      case net::NameOutcome::Found: return found(reply);
      case net::NameOutcome::ServerFailed:
      case net::NameOutcome::Denied: return Completion::fail(Cause::Unavailable);
      case net::NameOutcome::NoSuchName:
      case net::NameOutcome::NoAddress:
      case net::NameOutcome::NotAName: return Completion::fail(Cause::Rejected);
      case net::NameOutcome::NobodyListens: return Completion::fail(Cause::Refused);
      case net::NameOutcome::NoRoute: return Completion::fail(Cause::Unreachable);
      case net::NameOutcome::Broken: return Completion::info(Cause::Protocol);
    }
    return Completion::info(Cause::Protocol);
  }

  Completion found(const net::NameReply& reply) {
    const std::uint32_t address = *std::min_element(reply.addresses.begin(), reply.addresses.end());
    if (address != known_ || known_id_ == 0) {
      known_ = address;
      known_id_ = servers_.id(boost::asio::ip::address_v4(address).to_string(), "");
    }
    Completion out = Completion::ok();
    out.value = address;
    out.server_id = known_id_;
    out.server_term = reply.ttl;
    return out;
  }

  udp::endpoint server_;
  std::string name_;
  ServerTable& servers_;
  aio::Executor executor_;
  Completions* completions_ = nullptr;
  std::vector<std::shared_ptr<net::NameQuery>> queries_;  // by slot; null: none under way
  std::uint32_t known_ = 0;                               // the one that known_id_ is the number of
  std::uint16_t known_id_ = 0;
};

}  // namespace

base::Result<std::unique_ptr<Operation>> make_dns_operation(const udp::endpoint& server,
                                                            std::string name,
                                                            ServerTable& servers) {
  TRY(net::dns_question(name, 0));
  return std::make_unique<DnsOperation>(server, std::move(name), servers);
}

}  // namespace probes
