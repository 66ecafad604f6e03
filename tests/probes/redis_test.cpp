// The streams of a redis probe against real servers, and against one that makes no sense.
#include <list>
#include <signal.h>

#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "one_operation.h"
#include "probes/pg_ledger.h"
#include "probes/probe_redis.h"
#include "probes/redis_stream.h"
#include "redis_server.h"

namespace probes {
namespace {

using boost::asio::ip::tcp;
using testing::HasSubstr;
using testing::MatchesRegex;

class Redis : public testing::Test {
 protected:
  OneOperation stream(const net::Address& address, Connections connections,
                      const std::string& user = "", const std::string& password = "") {
    return {context_, make_redis_operation({address, nullptr}, {"muster:probe:x:A", user, password},
                                           connections, servers_)};
  }
  /// The server answers to a new connection; what the first answer was.
  std::string await(const net::Address& address) {
    OneOperation probe = stream(address, Connections::New);
    std::string last;
    EXPECT_TRUE(probe.until([&] {
      last = said(probe.once(base::seconds(5)));
      return last != "fail/Refused";
    })) << "it never listened";
    return last;
  }
  std::string server(const Completion& completion) {
    return servers_.all().at(completion.server_id).name;
  }

  boost::asio::io_context context_;
  ServerTable servers_;
};

TEST_F(Redis, AWriteIsAcknowledgedExpiresAndSaysWhoTookIt) {
  RedisServer redis(context_, {});
  ASSERT_EQ(await(redis.address()), "ok/None");
  for (const auto connections : {Connections::New, Connections::Open}) {
    OneOperation probe = stream(redis.address(), connections);
    const Completion first = probe.once();
    const Completion second = probe.once();
    EXPECT_EQ(said(first), "ok/None");
    EXPECT_EQ(said(second), "ok/None");
    EXPECT_EQ(first.server_id, second.server_id);
    EXPECT_THAT(server(first), MatchesRegex(std::to_string(redis.port()) + "@[0-9a-f]{12} master"));
    EXPECT_EQ(redis.ask({"get", "muster:probe:x:A"}), std::to_string(probe.seq()));
    const int left = std::stoi(redis.ask({"pttl", "muster:probe:x:A"}));
    EXPECT_GT(left, 30'000);
    EXPECT_LE(left, 60'000);
  }
}

TEST_F(Redis, AKilledServerRefusesAndAnotherStartIsAnotherServer) {
  RedisServer redis(context_, {});
  ASSERT_EQ(await(redis.address()), "ok/None");
  OneOperation fresh = stream(redis.address(), Connections::New);
  OneOperation open = stream(redis.address(), Connections::Open);
  const Completion before = open.once();
  ASSERT_EQ(said(before), "ok/None");
  redis.signal(SIGSTOP);
  open.start();
  context_.restart();
  context_.run_for(std::chrono::milliseconds(50));
  redis.signal(SIGKILL);
  EXPECT_EQ(said(open.finish()), "info/Reset") << "it was sent: unknown";
  EXPECT_EQ(said(open.once()), "fail/Refused");
  EXPECT_EQ(said(fresh.once()), "fail/Refused");
  redis.start({});
  ASSERT_EQ(await(redis.address()), "ok/None");
  const Completion after = open.once();
  EXPECT_EQ(said(after), "ok/None");
  EXPECT_NE(after.server_id, before.server_id);
  EXPECT_EQ(fresh.once().server_id, after.server_id);
}

TEST_F(Redis, AnIdleConnectionThatBreaksIsOpenedAgainAsAPartOfTheNextOperation) {
  RedisServer redis(context_, {});
  ASSERT_EQ(await(redis.address()), "ok/None");
  OneOperation open = stream(redis.address(), Connections::Open);
  ASSERT_EQ(said(open.once()), "ok/None");
  redis.ask({"client", "kill", "type", "normal", "skipme", "yes"});
  context_.restart();
  context_.run_for(std::chrono::milliseconds(50));
  EXPECT_EQ(said(open.once()), "ok/None");
}

TEST_F(Redis, ASilentServerIsUnknownOnceTheWriteWasSentAndNotBefore) {
  RedisServer redis(context_, {});
  ASSERT_EQ(await(redis.address()), "ok/None");
  OneOperation fresh = stream(redis.address(), Connections::New);
  OneOperation open = stream(redis.address(), Connections::Open);
  ASSERT_EQ(said(open.once()), "ok/None");
  redis.signal(SIGSTOP);
  EXPECT_EQ(said(open.once(base::millis(300))), "info/Timeout");
  EXPECT_EQ(said(open.once(base::millis(300))), "fail/ConnectTimeout") << "a new connection";
  EXPECT_EQ(said(fresh.once(base::millis(300))), "fail/ConnectTimeout") << "not even greeted";
  redis.signal(SIGCONT);
  EXPECT_EQ(said(open.once()), "ok/None");
  EXPECT_EQ(said(fresh.once()), "ok/None");
}

TEST_F(Redis, AReplicaTakesNoWritesUntilItIsPromoted) {
  RedisServer master(context_, {});
  ASSERT_EQ(await(master.address()), "ok/None");
  RedisServer replica(context_, {"--replicaof", "127.0.0.1", std::to_string(master.port())});
  OneOperation probe = stream(replica.address(), Connections::New);
  Completion seen;
  ASSERT_TRUE(probe.until([&] {
    seen = probe.once(base::seconds(5));
    return said(seen) == "fail/ReadOnly";
  }));
  EXPECT_THAT(server(seen), HasSubstr(" slave"));
  OneOperation open = stream(replica.address(), Connections::Open);
  EXPECT_EQ(said(open.once()), "fail/ReadOnly");
  ASSERT_EQ(replica.ask({"replicaof", "no", "one"}), "OK");
  const Completion promoted = probe.once();
  EXPECT_EQ(said(promoted), "ok/None");
  EXPECT_THAT(server(promoted), HasSubstr(" master"));
  EXPECT_EQ(said(open.once()), "ok/None");
}

TEST_F(Redis, AServerThatSaysItIsAwayIsUnavailable) {
  RedisServer alone(context_, {"--min-replicas-to-write", "1"});
  EXPECT_EQ(await(alone.address()), "fail/Unavailable") << "NOREPLICAS";
  RedisServer cluster(context_, {"--cluster-enabled", "yes"});
  EXPECT_EQ(await(cluster.address()), "fail/Unavailable") << "CLUSTERDOWN";
  RedisServer one(context_, {"--maxclients", "1"});
  ASSERT_EQ(await(one.address()), "ok/None");
  OneOperation holder = stream(one.address(), Connections::Open);
  ASSERT_TRUE(holder.until([&] { return said(holder.once()) == "ok/None"; }));
  EXPECT_EQ(said(stream(one.address(), Connections::New).once()), "fail/Unavailable") << "full";
}

TEST_F(Redis, AServerThatIsBusyOrLoadingIsUnavailable) {
  RedisServer redis(context_, {"--busy-reply-threshold", "50", "--save", "", "--dbfilename", "d"});
  ASSERT_EQ(await(redis.address()), "ok/None");
  OneOperation open = stream(redis.address(), Connections::Open);
  ASSERT_EQ(said(open.once()), "ok/None");
  ASSERT_EQ(redis.ask({"eval", "for i=1,4000 do redis.call('set','k'..i,'v') end", "0"}), "");
  aio::Command spin;
  spin.argv = {"redis-cli", "-p", std::to_string(redis.port()), "eval", "while true do end", "0"};
  auto spinning =
      aio::Child::spawn(context_.get_executor(), spin, {"/dev/null", "/dev/null", false});
  ASSERT_TRUE(spinning.has_value());
  ASSERT_TRUE(open.until([&] { return said(open.once()) == "fail/Unavailable"; })) << "BUSY";
  EXPECT_EQ(said(stream(redis.address(), Connections::New).once()), "fail/Unavailable");
  ASSERT_EQ(redis.ask({"script", "kill"}), "OK");
  ASSERT_TRUE(open.until([&] { return said(open.once()) == "ok/None"; }));

  ASSERT_EQ(redis.ask({"save"}), "OK");
  redis.start({"--dbfilename", "d", "--key-load-delay", "1000",
               "--loading-process-events-interval-bytes", "1024"});
  EXPECT_EQ(await(redis.address()), "fail/Unavailable") << "LOADING";
  EXPECT_THAT(redis.ask({"get", "k1"}), HasSubstr("LOADING"));
}

TEST_F(Redis, WhoMayNotIsRejectedAndWhoMayLogsIn) {
  RedisServer redis(context_, {});
  ASSERT_EQ(await(redis.address()), "ok/None");
  ASSERT_EQ(redis.ask({"acl", "setuser", "drill", "on", ">pw", "~muster:*", "+set", "+info"}),
            "OK");
  ASSERT_EQ(redis.ask({"acl", "setuser", "blind", "on", ">pw", "~muster:*", "+set"}), "OK");
  ASSERT_EQ(redis.ask({"config", "set", "requirepass", "secret"}), "OK");
  EXPECT_EQ(await(redis.address()), "fail/Rejected") << "NOAUTH";
  const auto as = [&](const char* user, const char* password) {
    return stream(redis.address(), Connections::New, user, password).once();
  };
  EXPECT_EQ(said(as("", "wrong")), "fail/Rejected");
  EXPECT_EQ(said(as("", "secret")), "ok/None");
  EXPECT_EQ(said(as("drill", "secret")), "fail/Rejected");
  const Completion drill = as("drill", "pw");
  EXPECT_EQ(said(drill), "ok/None");
  EXPECT_NE(drill.server_id, 0);
  const Completion blind = as("blind", "pw");
  EXPECT_EQ(said(blind), "ok/None");
  EXPECT_EQ(blind.server_id, 0) << "it may not ask who is there";
}

/// Answers each command with the next of some texts; "close" closes.
class Peer {
 public:
  Peer(boost::asio::io_context& context, std::vector<std::string> answers)
      : acceptor_(context, {boost::asio::ip::address_v4::loopback(), 0}),
        answers_(std::move(answers)) {
    acceptor_.async_accept([this](const boost::system::error_code& error, tcp::socket socket) {
      if (error) return;
      socket_.emplace(std::move(socket));
      read();
    });
  }
  net::Address address() const { return {"127.0.0.1", acceptor_.local_endpoint().port()}; }

 private:
  void read() {
    socket_->async_read_some(boost::asio::buffer(buffer_),
                             [this](const boost::system::error_code& error, std::size_t) {
                               if (error || answers_.empty()) return;
                               const std::string next = answers_.front();
                               answers_.erase(answers_.begin());
                               if (next == "close") return socket_->close();
                               boost::asio::write(*socket_, boost::asio::buffer(next));
                               read();
                             });
  }

  tcp::acceptor acceptor_;
  std::optional<tcp::socket> socket_;
  std::vector<std::string> answers_;
  std::array<char, 4096> buffer_{};
};

TEST_F(Redis, WhatMakesNoSenseIsProtocolAndUnknownOnlyOnceTheWriteWasSent) {
  const std::string greeted = "$14\r\nrun_id:abc\r\nxy\r\n$0\r\n\r\n";
  const auto against = [&](std::vector<std::string> answers) {
    Peer peer(context_, std::move(answers));
    return said(stream(peer.address(), Connections::New).once());
  };
  EXPECT_EQ(against({"HTTP/1.1 400 Bad Request\r\n\r\n"}), "fail/Protocol");
  EXPECT_EQ(against({"*1\r\n$1\r\nx\r\n"}), "fail/Protocol") << "no array was asked for";
  EXPECT_EQ(against({greeted + "+OK\r\n"}), "fail/Protocol") << "more than was asked for";
  EXPECT_EQ(against({std::string(70'000, '+')}), "fail/Protocol");
  EXPECT_EQ(against({"close"}), "fail/Refused");
  EXPECT_EQ(against({greeted, "close"}), "info/Reset");
  EXPECT_EQ(against({greeted, ":1\r\n"}), "info/Protocol");
  EXPECT_EQ(against({greeted, "+OK\r\n+OK\r\n"}), "info/Protocol");
  EXPECT_EQ(against({greeted, "+QUEUED\r\n"}), "info/Protocol");
  EXPECT_EQ(against({greeted, "+OK\r\n"}), "ok/None");
  EXPECT_EQ(against({greeted, "-MASTERDOWN Link with MASTER is down\r\n"}), "fail/Unavailable");
  EXPECT_EQ(against({greeted, "-MOVED 1 127.0.0.1:1\r\n"}), "fail/Rejected");
}

TEST_F(Redis, TheProbeHasAStreamOfNewAndOneOfOpenConnections) {
  const PgLedger ledger("drill-x", std::string(32, 'k'));
  PgServers pg_servers(servers_);
  api::LocalSystem system;
  system.services = {{"store", "127.0.0.1:6379", {}}};
  ProbeContext context{system, servers_, ledger, pg_servers, base::seconds(1), nullptr};
  const auto probe = redis_probe();
  const auto build = [&](const char* field, const char* value) {
    return probe->build(context, "sessions", api::Node::map().set(field, value));
  };
  for (const auto& built : {build("service", "store"), build("address", "127.0.0.1:6379")}) {
    ASSERT_TRUE(built.has_value()) << built.error().message;
    ASSERT_EQ(built->size(), 2U);
    EXPECT_EQ((*built)[0].spec.info.name, "sessions/A");
    EXPECT_EQ((*built)[1].spec.info.name, "sessions/B");
    EXPECT_EQ((*built)[1].spec.connections, Connections::Open);
    for (const BuiltStream& stream : *built) {
      EXPECT_EQ(stream.spec.info.signal, "SessionStore");
      EXPECT_EQ(stream.spec.info.endpoint, "127.0.0.1:6379");
    }
  }
  EXPECT_FALSE(build("service", "other").has_value());
  EXPECT_FALSE(build("address", "6379").has_value());
}

}  // namespace
}  // namespace probes
