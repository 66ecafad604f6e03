// What a drill asks over HTTP is signed, each request anew, whoever asks: against a real
// application that says what it was shown.
#include "probes/drill_signer.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/yaml.h"
#include "application.h"
#include "keeper.h"
#include "probes/http_load.h"
#include "probes/probe_features.h"
#include "probes/probe_http.h"
#include "probes/probe_session.h"

namespace probes {
namespace {

using crypto::DrillSign;
using testing::HasSubstr;

const char* const kSecret = "a key of these tests, 32 bytes it is";

class Signed : public testing::Test {
 protected:
  Signed() {
    static int files = 0;
    file_ = testing::TempDir() + "drill-key-" + std::to_string(getpid()) + "-" +
            std::to_string(++files);
    say(std::string(kSecret) + "\n");
  }
  ~Signed() override { std::filesystem::remove(file_); }
  void say(const std::string& secret) const { std::ofstream(file_) << secret; }

  /// `fields`: of the probe, beside its URL and key. The probe has answers from all its streams.
  void run(const ProbeKind& kind, const std::string& fields) {
    auto params = api::parse_json("{" + fields + R"(, "url": "http://)" + application_.address() +
                                  R"(/ready", "intervalMillis": 20, "deadlineMillis": 5000})");
    ASSERT_TRUE(params.has_value());
    params->set("drillKeyFile", file_);
    ProbeContext context{system_, servers_,     ledger_, pg_servers_, base::millis(5000),
                         nullptr, "failover-17"};
    auto built = kind.build(context, "shop", *params);
    ASSERT_TRUE(built.has_value()) << built.error().message;
    Keeper keeper;
    Prober prober(keeper, nullptr);
    std::vector<drill::StreamId> streams;
    for (BuiltStream& each : *built) {
      streams.push_back(*prober.add(std::move(each.spec), std::move(each.operation)));
      prober.start(streams.back());
    }
    for (const auto stream : streams) {
      EXPECT_TRUE(keeper.await_outcome(stream, 3, drill::Outcome::Ok));
    }
    prober.stop();
  }

  /// The request lines that were asked, all of them signed for just that.
  std::set<std::string> signed_lines() {
    const auto key = crypto::DrillKey::from(kSecret).value();
    std::set<std::string> out;
    const api::Node counts = application_.tell();
    for (const api::Entry& entry : counts["drills"].entries()) {
      const std::size_t first = entry.key.find(' '), last = entry.key.rfind(' ');
      const std::string method = entry.key.substr(0, first);
      const std::string target = entry.key.substr(first + 1, last - first - 1);
      const std::string field = entry.key.substr(last + 1);
      EXPECT_EQ(key.check(field, method, target, aio::wall_now()), DrillSign::Good) << entry.key;
      EXPECT_THAT(field, HasSubstr(";drill=failover-17;"));
      out.insert(method + " " + target);
    }
    return out;
  }

  std::string file_;
  Application application_;
  api::LocalSystem system_;
  ServerTable servers_;
  PgServers pg_servers_{servers_};
  PgLedger ledger_{"signed", std::string(32, 'k')};
};

using Lines = std::set<std::string>;

TEST_F(Signed, AnHttpProbeSignsOverNewAndOpenConnections) {
  system_.instances = {{"app1", application_.address(), "", {}}};
  run(*http_probe(), R"("method": "GET", "instances": ["app1"])");
  EXPECT_EQ(signed_lines(), Lines{"GET /ready"});
}

TEST_F(Signed, ASessionProbeSignsLoginsAndWhatFollows) {
  run(*session_probe(),
      R"("login": {"method": "POST", "path": "/login", "body": "user=u-$session"},
         "carryOn": {"method": "GET", "path": "/session"}, "contains": "u-$session;",
         "sessions": 2)");
  EXPECT_EQ(signed_lines(), (Lines{"POST /login", "GET /session"}));
}

TEST_F(Signed, AFeaturesProbeSignsWhatItCalls) {
  run(*features_probe(),
      R"("list": [{"name": "orders", "method": "GET", "path": "/api/orders?a=b"}])");
  EXPECT_EQ(signed_lines(), Lines{"GET /api/orders?a=b"});
}

TEST_F(Signed, UsersOfTheLoadSignTheRequestThatTheyMake) {
  aio::SystemClock clock;
  boost::asio::io_context context;
  HttpLoad load;
  load.target = application_.target();
  HttpExchange exchange;
  exchange.path = "/lists?customer=$key";
  exchange.signer = DrillSigner::find(file_, "failover-17").value();
  load.operations = {{exchange, false}};
  const auto sender = HttpLoadSender::create(clock, context.get_executor(), std::move(load), 1,
                                             HttpLoadSender::Lines::OfUsers)
                          .value();
  const auto ask = [](LoadSender& by) -> aio::Task<base::Result<drill::Outcome>> {
    co_return (co_await by.send({0, 0, 7}, {})).outcome;
  };
  EXPECT_EQ(aio::run(context, ask(*sender)).value(), drill::Outcome::Ok);
  EXPECT_EQ(signed_lines(), Lines{"GET /lists?customer=7"});
}

TEST_F(Signed, EachRequestHasTheTimeThatItIsSentAt) {
  std::int64_t now = 1'700'000'000;
  HttpExchange exchange;
  exchange.signer =
      std::make_shared<const DrillSigner>(crypto::DrillKey::from(kSecret).value(), "a",
                                          [&now] { return base::WallTime(base::seconds(now)); });
  const net::Address address = *net::Address::parse("h:80");
  EXPECT_THAT(request_text(exchange, address),
              HasSubstr("\r\nMuster-Drill: v1;drill=a;t=1700000000;"));
  now += 7;
  EXPECT_THAT(request_text(exchange, address),
              HasSubstr("\r\nMuster-Drill: v1;drill=a;t=1700000007;"));
}

TEST_F(Signed, WithoutAKeyNothingIsAndABadOneIsAnError) {
  ASSERT_EQ(getenv("MUSTER_DRILL_KEY"), nullptr);
  EXPECT_EQ(DrillSigner::find("", "a").value(), nullptr);
  EXPECT_EQ(request_text({}, *net::Address::parse("h:80")).find("Muster-Drill"), std::string::npos);
  setenv("MUSTER_DRILL_KEY", kSecret, 1);
  EXPECT_NE(DrillSigner::find("", "a").value(), nullptr);
  setenv("MUSTER_DRILL_KEY", "short", 1);
  EXPECT_FALSE(DrillSigner::find("", "a").has_value());
  EXPECT_TRUE(DrillSigner::find(file_, "a").has_value()) << "the file goes first";
  unsetenv("MUSTER_DRILL_KEY");
  EXPECT_FALSE(DrillSigner::find(file_, "no name").has_value());
  say("short\n");
  EXPECT_FALSE(DrillSigner::find(file_, "a").has_value());
  const auto missing = DrillSigner::find(file_ + ".not", "a");
  ASSERT_FALSE(missing.has_value());
  EXPECT_THAT(missing.error().message, HasSubstr("drillKeyFile"));
}

}  // namespace
}  // namespace probes
