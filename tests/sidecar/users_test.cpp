// Users as the sidecar sees them: who they are, the filter, what is reported and what is told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sidecar/filter_users.h"
#include "sidecar/notes.h"
#include "sidecar/user_report.h"
#include "sidecar/users_page.h"

namespace sidecar {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// Of a machine that has been up for a while.
base::TimePoint at(std::int64_t millis) {
  return base::TimePoint(base::seconds(3600) + base::millis(millis));
}

limit::FingerprintKey key() {
  return limit::FingerprintKey::from("a key of this test, 32 bytes long").value();
}

UserSettings settings_of(Limiting mode = Limiting::On) {
  UserSettings out;
  out.mode = mode;
  out.header = "X-User";
  out.cookie = "session";
  return out;
}

/// A request with the fields that it needs to live.
struct Request {
  explicit Request(std::string_view user, std::string_view target = "/") {
    client.bytes[10] = client.bytes[11] = 0xFF;
    exchange.client = &client;
    exchange.request.target = exchange.request.path = target;
    add("X-User", user);
  }
  void add(std::string_view name, std::string_view value) {
    exchange.request.fields[exchange.request.field_count++] = {name, value};
  }
  Client client;
  Exchange exchange;
};

TEST(UserNames, AreOfTheHeaderThenTheCookieThenTheClient) {
  const UserNames names(key(), settings_of());
  const limit::Address client = limit::Address::v4(1);
  Request with_both("ann");
  with_both.add("Cookie", "session=bob");
  EXPECT_EQ(names.of(names.said(with_both.exchange.request), client), names.named("ann"));
  Request with_cookie("");
  with_cookie.add("Cookie", "a=b; session=bob");
  EXPECT_EQ(names.of(names.said(with_cookie.exchange.request), client), names.named("bob"));
  EXPECT_EQ(names.of(names.said(Request("").exchange.request), client), names.at(client));
  EXPECT_NE(names.at(client), names.named("0.0.0.1")) << "a name is no address";
}

TEST(UserNames, AreKeyedHashes) {
  const UserNames names(key(), settings_of());
  const UserNames others(limit::FingerprintKey::from("another key, also of 32 bytes ..").value(),
                         settings_of());
  EXPECT_NE(names.named("ann"), others.named("ann"));
  EXPECT_THAT(text(names.named("ann")), testing::MatchesRegex("[0-9a-f]{16}"));
}

TEST(UserNames, CookiesAreFoundByTheirWholeName) {
  const auto cookie = [](std::string_view field) {
    Request request("");
    request.add("cookie", field);
    return cookie_of(request.exchange.request, "s");
  };
  EXPECT_EQ(cookie("s=1"), "1");
  EXPECT_EQ(cookie("a=b;s=1=2 ; c=d"), "1=2");
  EXPECT_EQ(cookie("s=; s=2"), "2");
  for (const char* none : {"", ";", "=", "s", "s=", "xs=1", "sx=1", "S=1", "a=s=1"}) {
    EXPECT_FALSE(cookie(none)) << none;
  }
}

TEST(UserNames, RanksAreOfNamesAndOfAddresses) {
  UserSettings settings = settings_of(Limiting::DryRun);
  settings.high = {"ann"};
  settings.low = {"192.0.2.1"};
  const UserNames names(key(), settings);
  const alert::UserGateSettings gate = names.gate(settings);
  EXPECT_FALSE(gate.enforced);
  EXPECT_EQ(gate.ranks.at(names.named("ann")), alert::Rank::High);
  EXPECT_EQ(gate.ranks.at(names.at(limit::Address::v4(0xC000'0201))), alert::Rank::Low);
}

class UsersFilterTest : public testing::Test {
 public:
  UsersFilterTest() {
    settings_.gate.users.quota.concurrent_requests = 1;
    settings_.gate.waiting_max = 1;
    ProtectionSettings protection;
    protection.unlimited_paths = {"/probe"};
    places_.attach(1, [this](std::uint64_t number) { woken_.push_back(number); });
    const UserNames names(key(), settings_);
    places_.use(names, names.gate(settings_), at(0));
    filter_ = make_users_filter(places_, names, *Clients::create(protection), 1);
  }

  Ending ending(Ended how, std::int64_t began, std::int64_t first_byte) const {
    Ending out;
    out.how = how;
    out.began = at(began);
    out.first_byte = base::millis(first_byte);
    out.took = base::millis(first_byte + 1);
    return out;
  }

  UserSettings settings_ = settings_of();
  UserPlaces places_{2};
  std::vector<std::uint64_t> woken_;
  std::unique_ptr<Filter> filter_;
};

TEST_F(UsersFilterTest, LetsOneRunTheNextWaitAndRefusesTheThird) {
  Request first("ann"), second("ann"), third("ann"), other("bob");
  EXPECT_EQ(filter_->on_request(first.exchange, at(0)), Verdict::Forward);
  EXPECT_EQ(filter_->on_request(second.exchange, at(1)), Verdict::Wait);
  EXPECT_EQ(second.exchange.ask_at, at(10'001));
  EXPECT_EQ(filter_->on_request(third.exchange, at(2)), Verdict::Answer);
  EXPECT_EQ(third.exchange.reply.status, 429);
  EXPECT_EQ(third.exchange.to_client.lines(), "Retry-After: 1\r\n");
  filter_->on_end(third.exchange, ending(Ended::Answered, 2, 0));
  EXPECT_EQ(filter_->on_request(other.exchange, at(2)), Verdict::Forward);
  EXPECT_THAT(woken_, IsEmpty());
  filter_->on_end(first.exchange, ending(Ended::Complete, 0, 20));
  EXPECT_THAT(woken_, ElementsAre(second.exchange.notes[kTurnNote]));
  EXPECT_EQ(filter_->on_turn(second.exchange, at(30)), Verdict::Forward);
  filter_->on_end(second.exchange, ending(Ended::Complete, 1, 35));
  const auto seen = places_.seen();
  for (const alert::UserRow& row : seen->rows) {
    if (row.user != UserNames(key(), settings_).named("ann")) continue;
    EXPECT_EQ(row.figures.responses, 2U);
    EXPECT_EQ(*row.figures.mean, base::millis(13)) << "20, and 6 of 35: it waited for 29";
  }
}

TEST_F(UsersFilterTest, ConnectionsMaySayAnotherUserEachTime) {
  const UserNames names(key(), settings_);
  const std::string beyond_what_is_kept(1000, 'x');
  Request request("");
  const auto user = [&](std::string_view name) {
    request.exchange.notes = {};
    request.exchange.request.fields[0].value = name;
    filter_->on_request(request.exchange, at(0));
    filter_->on_end(request.exchange, ending(Ended::Complete, 0, 1));
    return alert::UserId(request.exchange.notes[kUserNote]);
  };
  const alert::UserId nobody = user("");
  for (const std::string& name : {std::string("ann"), std::string("ann"), std::string("bob"),
                                  beyond_what_is_kept, std::string("bob")}) {
    EXPECT_EQ(user(name), names.named(name)) << name;
  }
  for (const std::size_t length : {1U, 7U, 8U, 9U, 255U, 256U, 257U}) {
    for (const char last : {'a', 'b', '\0'}) {
      const std::string name = std::string(length - 1, 'n') + last;
      EXPECT_EQ(user(name), names.named(name)) << length;
    }
  }
  EXPECT_EQ(user(""), nobody) << "by the address again";
  request.client.bytes[15] = 9;
  EXPECT_NE(user(""), nobody) << "another connection in the same place";
}

TEST_F(UsersFilterTest, ForgetsWhoGoesAwayWhileItWaits) {
  Request first("ann"), second("ann"), third("ann");
  EXPECT_EQ(filter_->on_request(first.exchange, at(0)), Verdict::Forward);
  EXPECT_EQ(filter_->on_request(second.exchange, at(0)), Verdict::Wait);
  filter_->on_end(second.exchange, ending(Ended::ClientGone, 0, -1));
  EXPECT_EQ(filter_->on_request(third.exchange, at(1)), Verdict::Wait);
  filter_->on_end(first.exchange, ending(Ended::Complete, 0, 5));
  EXPECT_THAT(woken_, ElementsAre(third.exchange.notes[kTurnNote]));
}

TEST_F(UsersFilterTest, RefusesWhoHasWaitedForTooLong) {
  Request first("ann"), second("ann");
  EXPECT_EQ(filter_->on_request(first.exchange, at(0)), Verdict::Forward);
  EXPECT_EQ(filter_->on_request(second.exchange, at(0)), Verdict::Wait);
  EXPECT_EQ(filter_->on_turn(second.exchange, at(10'000)), Verdict::Answer);
  EXPECT_EQ(second.exchange.reply.status, 503);
  EXPECT_THAT(second.exchange.reply.body, HasSubstr("user_wait_over"));
  filter_->on_end(second.exchange, ending(Ended::Answered, 0, 10'000));
  filter_->on_end(first.exchange, ending(Ended::Complete, 0, 10'001));
  EXPECT_EQ(places_.seen()->rows.front().running, 0U);
}

TEST_F(UsersFilterTest, LeavesOwnPagesAndProbesAlone) {
  Request probe("ann", "/probe?deep"), own("ann");
  own.exchange.own_service = true;
  for (Request* request : {&probe, &own}) {
    EXPECT_EQ(filter_->on_request(request->exchange, at(0)), Verdict::Forward);
    filter_->on_end(request->exchange, ending(Ended::Complete, 0, 1));
  }
  EXPECT_THAT(places_.seen()->rows, IsEmpty());
}

TEST_F(UsersFilterTest, ResponsesThatAreNotTheApplicationsAreNotGraded) {
  for (const Ended how : {Ended::Answered, Ended::ClientGone, Ended::Cut, Ended::Faulted}) {
    Request request("ann");
    EXPECT_EQ(filter_->on_request(request.exchange, at(0)), Verdict::Forward);
    filter_->on_end(request.exchange, ending(how, 0, 7000));
  }
  EXPECT_EQ(places_.seen()->rows.front().figures.responses, 0U);
  EXPECT_EQ(places_.seen()->rows.front().running, 0U);
}

TEST(UserReport, IsAGaugeWithAUser) {
  const auto of = [](std::string_view name, std::vector<ingest::RawLabel> labels) {
    return user_report_of(name, labels);
  };
  EXPECT_EQ(of("user.memory_bytes", {{"a", "b"}, {"user", "ann"}})->user, "ann");
  EXPECT_EQ(of("user_cpu_percent", {{"enduser.id", "x"}})->what, alert::Reported::Cpu);
  EXPECT_EQ(of("user.database_connections", {{"user_id", "x"}})->what,
            alert::Reported::DatabaseConnections);
  EXPECT_FALSE(of("user.memory_bytes", {}));
  EXPECT_FALSE(of("user.memory_bytes", {{"user", ""}}));
  EXPECT_FALSE(of("user.memory_bytes", {{"users", "ann"}}));
  EXPECT_FALSE(of("user.memory", {{"user", "ann"}}));
}

UsersSeen seen_of(std::initializer_list<std::pair<std::uint64_t, std::int64_t>> users) {
  UsersSeen seen;
  seen.settings.enforced = true;
  for (const auto& [id, millis] : users) {
    alert::UserRow row;
    row.user = alert::UserId(id);
    row.figures.responses = id;
    row.figures.mean = base::millis(millis);
    row.figures.grade = alert::response_grade(base::millis(millis));
    seen.rows.push_back(row);
  }
  return seen;
}

TEST(UsersPage, ListsThoseWithViolationsFirst) {
  UsersSeen seen = seen_of({{1, 100}, {2, 600}, {3, 100}});
  seen.rows[0].violated = {{alert::Violation::Cpu, 10, 8.33}};
  seen.rows[0].usage.cpu_percent = 16.66;
  const api::Node page = users_node(seen, {.top = 2}, {});
  EXPECT_EQ(page["top"].items().size(), 2U);
  EXPECT_EQ(page["top"].items()[0]["id"].as_string(), "0000000000000001");
  EXPECT_EQ(page["top"].items()[0]["usage"]["cpuPercent"]["ratio"].as_double(), 2);
  EXPECT_EQ(page["top"].items()[1]["id"].as_string(), "0000000000000003");
  EXPECT_EQ(page["grades"]["A"].as_int(), 2);
  EXPECT_EQ(page["grades"]["C"].as_int(), 1);
}

TEST(UsersPage, ForecastsFromTheMeanOfAllResponses) {
  const UsersSeen seen = seen_of({{1, 100}, {3, 500}});
  const api::Node page = users_node(seen, {.users = 4}, 0.25);
  const api::Node& forecast = page["forecast"];
  EXPECT_EQ(forecast["from"]["meanMillis"].as_double(), 400);
  EXPECT_EQ(forecast["from"]["users"].as_int(), 2);
  EXPECT_EQ(forecast["utilisation"].as_double(), 0.5);
  EXPECT_EQ(forecast["meanMillis"].as_double(), 600);  // 400 x (1 - 0.25) / (1 - 0.5)
  EXPECT_EQ(forecast["grade"].as_string(), "C");
  EXPECT_EQ(forecast["usersWithinOneSecond"].as_int(), 5);
  EXPECT_TRUE(users_node(seen, {.users = 9}, 0.25)["forecast"]["saturated"].as_bool());
  EXPECT_EQ(users_node(seen, {}, 0.01)["forecast"]["users"].as_int(), 12);
  EXPECT_TRUE(users_node(seen, {}, {})["forecast"].has("unknown"));
}

TEST(UsersPage, AsksForNumbers) {
  EXPECT_EQ(users_question("")->top, 20U);
  const auto asked = users_question("users=7&x=y&top=3");
  EXPECT_EQ(asked->users, 7U);
  EXPECT_EQ(asked->top, 3U);
  for (const char* wrong : {"users=", "users", "users=0", "top=257", "top=-1", "users=1x"}) {
    EXPECT_FALSE(users_question(wrong)) << wrong;
  }
}

TEST(UsersExposition, HasAFixedNumberOfSeriesWhoeverIsThere) {
  const auto lines = [](const std::string& text) { return std::ranges::count(text, '\n'); };
  const std::string one = users_exposition(seen_of({{1, 100}}));
  UsersSeen seen = seen_of({{1, 100}, {2, 5000}, {3, 5000}});
  seen.counts.waits = {1, 2, 0, 0, 0, 0, 0, 0, 4};
  seen.counts.wait_seconds = 99.5;
  const std::string three = users_exposition(seen);
  EXPECT_EQ(lines(one), lines(three));
  EXPECT_THAT(three, HasSubstr("muster_sidecar_users_by_grade{grade=\"F\"} 2\n"));
  EXPECT_THAT(three, HasSubstr("muster_sidecar_user_wait_seconds_bucket{le=\"0.2\"} 3\n"));
  EXPECT_THAT(three, HasSubstr("muster_sidecar_user_wait_seconds_bucket{le=\"+Inf\"} 7\n"));
  EXPECT_THAT(three, HasSubstr("muster_sidecar_user_wait_seconds_sum 99.5\n"));
  EXPECT_THAT(three, HasSubstr("muster_sidecar_user_wait_seconds_count 7\n"));
}

}  // namespace
}  // namespace sidecar
