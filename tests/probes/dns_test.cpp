// The stream of a dns probe against a real name server, and against one that misbehaves.
#include <signal.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/name_server.h"
#include "one_operation.h"
#include "probes/dns_stream.h"
#include "probes/pg_ledger.h"
#include "probes/probe_dns.h"

namespace probes {
namespace {

using testing::HasSubstr;

class DnsStream : public testing::Test {
 protected:
  OneOperation asking(const boost::asio::ip::udp::endpoint& server, const std::string& name) {
    return {context_, make_dns_operation(server, name, servers_)};
  }

  boost::asio::io_context context_;
  ServerTable servers_;
};

TEST_F(DnsStream, ARealNameServerIsReadAnewEachTime) {
  net::Dnsmasq server(context_.get_executor(),
                      {"--local=/example/", "--host-record=shop.example,127.0.0.2,300",
                       "--host-record=six.example,::1"});
  OneOperation shop = asking(server.endpoint(), "shop.example");
  Completion found = Completion::fail(drill::Cause::Refused);
  ASSERT_TRUE(shop.until([&] {
    found = shop.once();
    return found.cause != drill::Cause::Refused;
  })) << "it starts";
  EXPECT_EQ(said(found), "ok/None");
  EXPECT_EQ(found.value, 0x7F000002);
  EXPECT_EQ(found.server_term, 300U);
  EXPECT_EQ(servers_.all().at(found.server_id).name, "127.0.0.2");
  EXPECT_EQ(servers_.all().at(found.server_id).instance, "");
  EXPECT_EQ(said(asking(server.endpoint(), "none.example").once()), "fail/Rejected");
  EXPECT_EQ(said(asking(server.endpoint(), "six.example").once()), "fail/Rejected");
  EXPECT_EQ(said(asking(server.endpoint(), "elsewhere.test").once()), "fail/Unavailable");
  server.signal(SIGSTOP);
  EXPECT_EQ(said(shop.once(base::millis(300))), "info/Timeout");
  server.signal(SIGCONT);
  EXPECT_EQ(said(shop.once()), "ok/None");
  server.signal(SIGKILL);
  ASSERT_TRUE(shop.until([&] { return said(shop.once(base::millis(300))) == "fail/Refused"; }));
}

TEST_F(DnsStream, AMoveIsSeenAtOnceWhateverTheTimeToLive) {
  net::ScriptedServer server(context_);
  OneOperation shop = asking(server.endpoint(), "shop.example");
  server.has(86400, {0x7F000009, 0x7F000002});
  const Completion before = shop.once();
  EXPECT_EQ(before.value, 0x7F000002) << "the lowest, whatever the order";
  server.has(86400, {0x7F000002, 0x7F000009});
  const Completion turned = shop.once();
  EXPECT_EQ(turned.value, 0x7F000002);
  EXPECT_EQ(turned.server_id, before.server_id);
  server.has(0, {0x7F000003});
  const Completion moved = shop.once();
  EXPECT_EQ(moved.value, 0x7F000003);
  EXPECT_EQ(moved.server_term, 0U);
  EXPECT_NE(moved.server_id, before.server_id);
  EXPECT_EQ(server.questions.size(), 3U);
}

TEST_F(DnsStream, EveryAnswerHasItsOutcome) {
  net::ScriptedServer server(context_);
  OneOperation shop = asking(server.endpoint(), "shop.example");
  const auto answers = [&](auto make) {
    server.script = [make](const std::string& question) { return std::vector{make(question)}; };
    return said(shop.once(base::millis(300)));
  };
  EXPECT_EQ(answers([](const auto& q) { return net::answer(q, {}, 2); }), "fail/Unavailable");
  EXPECT_EQ(answers([](const auto& q) { return net::answer(q, {}, 5); }), "fail/Unavailable");
  EXPECT_EQ(answers([](const auto& q) { return net::answer(q, {}, 3); }), "fail/Rejected");
  EXPECT_EQ(answers([](const auto& q) { return net::answer(q, {}, 0); }), "fail/Rejected");
  EXPECT_EQ(answers([](const auto& q) {
              std::string out = net::answer(q, {}, 0);
              out[7] = 1;  // promises a record and has none
              return out;
            }),
            "info/Protocol");
  EXPECT_EQ(answers([](const auto& q) { return q; }), "info/Timeout") << "its own question";
}

TEST_F(DnsStream, AskedForInTurnOnSeveralSlots) {
  net::ScriptedServer server(context_);
  OneOperation shop(context_, make_dns_operation(server.endpoint(), "shop.example", servers_), 2);
  shop.start(0);
  ASSERT_TRUE(shop.until([&] { return server.questions.size() == 1; }));
  server.has(9, {0x7F000002});
  shop.start(1);
  EXPECT_EQ(said(shop.finish(base::seconds(20), 1)), "ok/None");
}

TEST_F(DnsStream, TheProbeAsksTheSystemsNameServerUnlessItNamesOne) {
  const PgLedger ledger("drill-x", std::string(32, 'k'));
  PgServers pg_servers(servers_);
  api::LocalSystem system;
  ProbeContext context{system, servers_, ledger, pg_servers, base::seconds(1), nullptr};
  api::Node params = api::Node::map().set("name", "shop.example").set("intervalMillis", 50);
  const auto probe = dns_probe();
  const auto build = [&] { return probe->build(context, "names", params); };
  ASSERT_FALSE(build().has_value());
  EXPECT_THAT(build().error().message, HasSubstr("server"));
  system.resolver = {"127.0.0.1:5353"};
  auto built = build();
  ASSERT_TRUE(built.has_value()) << built.error().message;
  ASSERT_EQ(built->size(), 1U);
  const drill::StreamInfo& info = built->front().spec.info;
  EXPECT_EQ(info.name, "names/N");
  EXPECT_EQ(info.kind, drill::StreamKind::Names);
  EXPECT_EQ(info.signal, "Dns");
  EXPECT_EQ(info.endpoint, "shop.example at 127.0.0.1:5353");
  EXPECT_EQ(info.interval, base::millis(50));
  EXPECT_EQ(info.deadline, base::seconds(1));
  EXPECT_FALSE(info.decides);
  params.set("server", "[::1]:53");
  EXPECT_EQ(build()->front().spec.info.endpoint, "shop.example at [::1]:53");
  params.set("server", "ns.example:53");
  EXPECT_FALSE(build().has_value());
  params.set("server", "127.0.0.1:53").set("name", "a..b");
  EXPECT_FALSE(build().has_value());
}

}  // namespace
}  // namespace probes
