// Every mode of the network fault, on real relays between real probes and a real server: what each
// kind of stream makes of it, that the undo brings all of them back, and that it may be repeated.
#include <csignal>

#include "probes/http_stream.h"
#include "probes/keeper.h"
#include "probes/prober.h"
#include "probes/responder_process.h"
#include "probes/tcp_stream.h"
#include "targets/driver_fixture.h"

namespace targets {
namespace {

using api::Node;
using base::millis;
using drill::Cause;
using drill::Outcome;
using probes::Connections;
using testing::HasSubstr;

class NetworkFaultTest : public DriverTest {
 protected:
  void SetUp() override {
    auto started = run(probes::ResponderProcess::start(clock_, {MUSTER_TEST_RESPONDER}, {}, {}));
    ASSERT_TRUE(started) << started.error().message;
    server_.emplace(std::move(*started));
    DriverTest::SetUp();
    open(system(), {RELAY_PROGRAM});
    const auto up = run(target_->start({}));
    ASSERT_TRUE(up) << up.error().message;
  }
  void TearDown() override {
    prober_.stop();
    const auto down = run(target_->stop({}));
    EXPECT_TRUE(down) << down.error().message;
    EXPECT_TRUE(target_->living().empty());
    EXPECT_TRUE(run(server_->finish(clock_)));
    DriverTest::TearDown();
  }

  // Users reach the web server by `link`; by `apart` they reach the store, and `back` lies between.
  api::LocalSystem system() override {
    api::LocalSystem out;
    out.name = "links";
    out.drillable = true;
    out.ports = {"link", "back", "apart"};
    out.relays = {relay("link", "users", "web"), relay("back", "web", "store"),
                  relay("apart", "users", "store")};
    return out;
  }
  api::RelaySpec relay(const std::string& name, const std::string& one,
                       const std::string& other) const {
    return {name,
            "127.0.0.1:{port." + name + "}",
            server_->reference_address(),
            "{dir}/" + name,
            {one, other},
            ""};
  }

  Driver& fault() { return driver("network", api::Use::Fault); }
  static Node on(const char* relay, const char* mode, std::int64_t delay = 0) {
    return Node::map().set("relay", relay).set("mode", mode).set("delayMillis", delay);
  }
  RelayMode mode(const std::string& relay) {
    return run(target_->get_relay(relay, {}))->setting.mode;
  }

  probes::LinkTarget through(const std::string& relay) {
    return {*net::Address::parse(target_->relay(relay)->listen), nullptr};
  }
  drill::StreamId add(const char* name, Connections connections,
                      base::Result<std::unique_ptr<probes::Operation>> operation) {
    EXPECT_TRUE(operation) << operation.error().message;
    const auto id = prober_.add(probes::spec_of(name, connections, millis(20), millis(200)),
                                std::move(*operation));
    prober_.start(*id);
    return *id;
  }
  drill::StreamId tcp(const char* name, Connections connections, const std::string& relay) {
    return add(name, connections,
               probes::make_tcp_operation(through(relay), {"ping", "ping", true}, connections));
  }
  drill::StreamId http(const char* name, Connections connections) {
    return add(name, connections,
               probes::make_http_operation(through("link"), {}, connections, servers_));
  }
  std::vector<drill::StreamId> over_the_link() {
    return {tcp("tcp new", Connections::New, "link"), tcp("tcp open", Connections::Open, "link"),
            http("http new", Connections::New), http("http open", Connections::Open)};
  }

  /// After now: one operation of each stream that matches.
  void await_each(const std::vector<drill::StreamId>& streams, const char* what,
                  const std::function<bool(const drill::Record&)>& matches) {
    const base::TimePoint from = clock_.now();
    for (const auto stream : streams) {
      EXPECT_TRUE(keeper_.await(
          stream, 3,
          [&](const drill::Record& record) { return record.invoked > from && matches(record); }))
          << prober_.status(stream).info.name << " never " << what << "; last cause "
          << drill::name(prober_.status(stream).last_cause);
    }
  }
  void await_good(const std::vector<drill::StreamId>& streams) {
    await_each(streams, "good", [](const auto& record) { return record.outcome == Outcome::Ok; });
  }
  void await_cause(const std::vector<drill::StreamId>& streams, Cause cause) {
    await_each(streams, drill::name(cause),
               [cause](const auto& record) { return record.cause == cause; });
  }
  /// Undone twice, all streams are good again and the relay passes.
  void take_back(const Node& params, const Node& prepared,
                 const std::vector<drill::StreamId>& streams) {
    for (int twice = 0; twice < 2; ++twice) {
      const auto done = undo(fault(), params, prepared);
      ASSERT_TRUE(done) << done.error().message;
      EXPECT_EQ(mode("link"), RelayMode::Pass);
      await_good(streams);
    }
  }

  std::optional<probes::ResponderProcess> server_;
  probes::ServerTable servers_;
  probes::Keeper keeper_;
  probes::Prober prober_{keeper_, nullptr};
};

TEST_F(NetworkFaultTest, RefuseIsSeenAsRefusedByEveryStream) {
  const auto streams = over_the_link();
  await_good(streams);
  const Node prepared = inject(fault(), on("link", "Refuse"));
  await_cause(streams, Cause::Refused);
  for (const auto stream : streams) {
    for (const auto& record : keeper_.records(stream)) {
      EXPECT_TRUE(record.cause != Cause::Refused || record.outcome == Outcome::Fail);
    }
  }
  take_back(on("link", "Refuse"), prepared, streams);
}

TEST_F(NetworkFaultTest, ResetBreaksWhatIsOpenAndWhatIsOpenedAnew) {
  const auto streams = over_the_link();
  await_good(streams);
  const Node prepared = inject(fault(), on("link", "Reset"));
  // Before or after the first byte was sent: nothing happened, or nobody knows.
  await_each(streams, "reset", [](const drill::Record& record) {
    return (record.cause == Cause::Reset && record.outcome == Outcome::Info) ||
           (record.cause == Cause::Refused && record.outcome == Outcome::Fail);
  });
  take_back(on("link", "Reset"), prepared, streams);
}

TEST_F(NetworkFaultTest, BlackHoleIsSilenceThatAConnectAloneDoesNotSee) {
  auto streams = over_the_link();
  const auto connects = add("connect", Connections::New,
                            probes::make_tcp_operation(through("link"), {}, Connections::New));
  await_good(streams);
  const Node prepared = inject(fault(), on("link", "BlackHole"));
  await_cause(streams, Cause::Timeout);
  for (const auto& record : keeper_.records(streams.front())) {
    EXPECT_TRUE(record.cause != Cause::Timeout || record.outcome == Outcome::Info);
  }
  await_good({connects});
  streams.push_back(connects);
  take_back(on("link", "BlackHole"), prepared, streams);
}

TEST_F(NetworkFaultTest, DelayMakesEveryAnswerLateAndLosesNone) {
  const auto streams = over_the_link();
  await_good(streams);
  const Node params = on("link", "Delay", 60);
  const Node prepared = inject(fault(), params);
  await_each(streams, "late", [](const drill::Record& record) {
    return record.outcome == Outcome::Ok && record.completed - record.invoked >= millis(120);
  });
  take_back(params, prepared, streams);
}

TEST_F(NetworkFaultTest, PartitionSilencesEveryLinkOfThePeerAndNoOther) {
  const auto link = tcp("link", Connections::New, "link");
  const auto back = tcp("back", Connections::New, "back");
  const auto apart = tcp("apart", Connections::New, "apart");
  await_good({link, back, apart});
  const Node params = Node::map().set("peer", "web").set("mode", "Partition");
  const Node prepared = inject(fault(), params);
  await_cause({link, back}, Cause::Timeout);
  await_good({apart});
  EXPECT_EQ(mode("apart"), RelayMode::Pass);
  take_back(params, prepared, {link, back, apart});
}

TEST_F(NetworkFaultTest, UndoPutsBackWhatWasSetBefore) {
  ASSERT_TRUE(run(target_->set_relay("link", {RelayMode::Delay, millis(20)}, {})));
  const Node prepared = inject(fault(), on("link", "BlackHole"));
  ASSERT_TRUE(undo(fault(), on("link", "BlackHole"), prepared));
  const auto status = run(target_->get_relay("link", {}));
  ASSERT_TRUE(status);
  EXPECT_EQ(status->setting, (RelaySetting{RelayMode::Delay, millis(20)}));
}

TEST_F(NetworkFaultTest, UndoStartsARelayThatDied) {
  const auto streams = over_the_link();
  await_good(streams);
  const Node prepared = inject(fault(), on("link", "BlackHole"));
  const auto pid = read_pid_file(dir_ + "/relays/link.pid");
  ASSERT_TRUE(pid);
  ASSERT_EQ(::kill(*pid, SIGKILL), 0);
  await_cause(streams, Cause::Refused);
  take_back(on("link", "BlackHole"), prepared, streams);
}

TEST_F(NetworkFaultTest, NamesWhatIsWrongBeforeAnythingIsHurt) {
  const auto code = [&](const Node& params) {
    const auto prepared = prepare(fault(), params);
    EXPECT_FALSE(prepared);
    return prepared ? base::Code::Cancelled : prepared.error().code;
  };
  EXPECT_EQ(code(on("nothing", "Reset")), base::Code::NotFound);
  EXPECT_EQ(code(Node::map().set("peer", "nobody").set("mode", "Partition")), base::Code::NotFound);
  EXPECT_EQ(code(on("link", "Delay")), base::Code::InvalidArgument);
  EXPECT_EQ(code(on("link", "Reset").set("peer", "web")), base::Code::InvalidArgument);
  EXPECT_EQ(code(Node::map().set("mode", "Reset")), base::Code::InvalidArgument);
  EXPECT_EQ(mode("link"), RelayMode::Pass);
}

}  // namespace
}  // namespace targets
