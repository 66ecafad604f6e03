#include "operator/figures_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace op {
namespace {

using api::Node;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;
using Asked = FiguresBook::Asked;

base::TimePoint at(int second) {
  return base::TimePoint(base::seconds(second));
}

class FiguresBookTest : public testing::Test {
 protected:
  static constexpr FiguresBook::Room kMany{.pods = 100, .hosts = 100};
  const kube::Key web_{"shop", "web"};
  const std::string own_ = "10.0.0.1";  // the address from which the pod asks
  const Asked by_name_{own_, web_};
  const Asked known_{"", web_};

  FiguresPod seen(const std::string& uid = "u1", const std::string& host = "h1",
                  const std::string& address = "10.0.0.1") {
    return {.uid = uid,
            .node = "node1",
            .host = host,
            .limits = Node::map().set("cpuCores", 2),
            .addresses = {"fd00::1", address}};
  }
  static base::Result<FiguresPod> nobody() {
    return base::fail(base::Code::NotFound, "pods \"x\" not found");
  }
  static SummaryPods summary(const std::string& uid, int value) {
    return {{uid, Node::map().set("value", value)}};
  }
  /// Asked, looked up and read at that second.
  void know(int second, int value = 1) {
    ask(second);
    book_.due(at(second), kMany);
    book_.found(by_name_, seen(), at(second));
    book_.due(at(second), kMany);
    book_.read("h1", summary("u1", value), at(second));
  }
  FiguresBook::Answer ask(int second) { return book_.ask(web_, own_, at(second)); }
  unsigned status(int second) { return ask(second).status; }
  std::vector<Asked> pods(int second, std::size_t most = 100) {
    return book_.due(at(second), {.pods = most, .hosts = 0}).pods;
  }
  std::vector<std::string> hosts(int second, std::size_t most = 100) {
    return book_.due(at(second), {.pods = 0, .hosts = most}).hosts;
  }
  static kube::Key named(std::size_t i) { return {"shop", "p" + std::to_string(i)}; }
  static std::string address(std::size_t i) { return "10.1." + std::to_string(i); }
  /// Pods that were found, each of which has asked by itself, on that host.
  void add(std::size_t count, const std::string& host, int second) {
    for (std::size_t i = 0; i < count; ++i) {
      book_.ask(named(i), address(i), at(second));
      book_.found({address(i), named(i)}, seen("u", host, address(i)), at(second));
    }
  }

  FiguresBook book_;
};

TEST_F(FiguresBookTest, AsksOnlyForWhatIsWanted) {
  EXPECT_THAT(pods(0), IsEmpty());
  EXPECT_EQ(status(0), 202U);
  EXPECT_THAT(pods(0), ElementsAre(by_name_));
  EXPECT_THAT(pods(1), IsEmpty());  // is under way
  book_.found(by_name_, seen(), at(1));
  EXPECT_EQ(status(1), 202U);
  EXPECT_THAT(hosts(1), ElementsAre("h1"));
  EXPECT_THAT(hosts(2), IsEmpty());
  book_.read("h1", summary("u1", 7), at(2));
  const auto answer = ask(2);
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body, R"({"pod":{"value":7},"limits":{"cpuCores":2}})");
}

TEST_F(FiguresBookTest, AsksAKubeletOnceForAllItsPodsAndNotTooOften) {
  know(0);
  const kube::Key other{"shop", "api"};
  book_.ask(other, "10.0.0.2", at(1));
  EXPECT_THAT(pods(1), ElementsAre(Asked{"10.0.0.2", other}));
  book_.found({"10.0.0.2", other}, seen("u2", "h1", "10.0.0.2"), at(1));
  EXPECT_THAT(hosts(9), IsEmpty());
  EXPECT_THAT(hosts(10), ElementsAre("h1"));
  book_.read("h1", SummaryPods{{"u1", Node(1)}, {"u2", Node(2)}}, at(10));
  EXPECT_THAT(book_.ask(other, "10.0.0.2", at(10)).body, HasSubstr("\"pod\":2"));
  EXPECT_THAT(ask(10).body, HasSubstr("\"pod\":1"));
}

TEST_F(FiguresBookTest, ForgetsWhatNobodyAsksFor) {
  know(0);
  EXPECT_THAT(hosts(60), ElementsAre("h1"));
  EXPECT_EQ(book_.pods(), 1U);
  EXPECT_THAT(hosts(61), IsEmpty());
  EXPECT_EQ(book_.pods() + book_.hosts(), 0U);
  // What comes too late changes nothing.
  book_.found(by_name_, seen(), at(62));
  book_.found(known_, seen(), at(62));
  book_.read("h1", summary("u1", 1), at(62));
  EXPECT_EQ(book_.pods() + book_.names() + book_.hosts(), 0U);
}

TEST_F(FiguresBookTest, AnswersNothingOldWhenAKubeletFails) {
  know(0);
  EXPECT_EQ(status(1), 200U);
  book_.read("h1", base::fail(base::Code::Unavailable, "no route"), at(10));
  const auto answer = ask(11);
  EXPECT_EQ(answer.status, 503U);
  EXPECT_THAT(answer.body, HasSubstr("the kubelet of node node1: no route"));
  EXPECT_THAT(hosts(19), IsEmpty());
  EXPECT_THAT(hosts(20), ElementsAre("h1"));
  book_.read("h1", summary("u1", 2), at(20));
  EXPECT_EQ(status(20), 200U);
}

TEST_F(FiguresBookTest, AsksAKubeletThatFailsEverMoreSeldom) {
  add(1, "h1", 0);
  int now = 0;
  for (const int wait : {10, 20, 40, 80, 80}) {
    EXPECT_THAT(hosts(now), ElementsAre("h1")) << now;
    book_.read("h1", base::fail(base::Code::Unavailable, "no route"), at(now));
    book_.ask(named(0), address(0), at(now + wait / 2));
    EXPECT_THAT(hosts(now + wait - 1), IsEmpty()) << now;
    now += wait;
  }
  EXPECT_THAT(hosts(now), ElementsAre("h1"));
  book_.read("h1", summary("u", 1), at(now));
  EXPECT_THAT(hosts(now + 10), ElementsAre("h1"));
}

TEST_F(FiguresBookTest, APodThatIsNotThereIsSaidSoAndLookedForEverMoreSeldom) {
  ask(0);
  int now = 0;
  for (const int wait : {10, 20, 40, 80, 80}) {
    EXPECT_THAT(pods(now), ElementsAre(by_name_)) << now;
    book_.found(by_name_, nobody(), at(now));
    EXPECT_EQ(status(now + wait / 2), 404U);
    EXPECT_THAT(pods(now + wait - 1), IsEmpty()) << now;
    now += wait;
  }
}

TEST_F(FiguresBookTest, WhenNobodyCanSayOfAPodItIsLookedForAgainSoon) {
  ask(0);
  for (int now = 0; now < 50; now += 10) {
    EXPECT_THAT(pods(now), ElementsAre(by_name_));
    book_.found(by_name_, base::fail(base::Code::PermissionDenied, "may not"), at(now));
    EXPECT_EQ(ask(now).status, 503U);
    EXPECT_THAT(ask(now).body, HasSubstr("may not"));
  }
}

TEST_F(FiguresBookTest, WhatIsKnownOfAPodHoldsWhileNobodyCanSay) {
  know(0);
  ask(59);
  EXPECT_THAT(pods(60), ElementsAre(known_));
  book_.found(known_, base::fail(base::Code::Unavailable, "no API server"), at(60));
  EXPECT_EQ(status(60), 200U);
  EXPECT_THAT(pods(70), ElementsAre(known_));
  book_.found(known_, nobody(), at(70));
  EXPECT_EQ(status(70), 202U);
  EXPECT_THAT(pods(70), ElementsAre(by_name_));
}

TEST_F(FiguresBookTest, AnotherPodOfTheSameNameIsNotTakenForIt) {
  know(0);
  book_.read("h1", summary("u2", 9), at(10));
  EXPECT_EQ(status(10), 503U);
  EXPECT_THAT(pods(20), ElementsAre(known_));
  book_.found(known_, seen("u2", "h2"), at(20));
  EXPECT_EQ(status(20), 202U);
  // The host where it was is not asked any more.
  EXPECT_THAT(hosts(20), ElementsAre("h2"));
  book_.read("h2", summary("u2", 9), at(20));
  EXPECT_THAT(ask(20).body, HasSubstr("9"));
}

TEST_F(FiguresBookTest, ChangedLimitsCountFromTheNextReadingAndNothingIsLostBefore) {
  know(0);
  ask(59);
  EXPECT_THAT(pods(60), ElementsAre(known_));
  FiguresPod changed = seen();
  changed.limits = Node::map().set("cpuCores", 3);
  book_.found(known_, changed, at(60));
  EXPECT_EQ(status(60), 200U);
  book_.read("h1", summary("u1", 1), at(60));
  EXPECT_THAT(ask(60).body, HasSubstr("\"cpuCores\":3"));
}

TEST_F(FiguresBookTest, NeverBeginsMoreThanThereIsRoomFor) {
  for (std::size_t i = 0; i < 5; ++i) book_.ask(named(i), address(i), at(0));
  EXPECT_THAT(pods(0, 3), SizeIs(3));
  EXPECT_THAT(pods(0, 3), SizeIs(2));
}

TEST_F(FiguresBookTest, HostsAreAskedHoweverManyPodsAreDue) {
  know(0);
  add(5000, "h2", 0);
  for (std::size_t i = 0; i < 5000; ++i) book_.ask(named(i), address(i), at(50));
  const auto work = book_.due(at(60), {.pods = 32, .hosts = 16});
  EXPECT_THAT(work.pods, SizeIs(32));
  EXPECT_THAT(work.hosts, UnorderedElementsAre("h1", "h2"));
}

TEST_F(FiguresBookTest, WhatFellDueFirstIsFirst) {
  book_.ask({"zoo", "first"}, "10.0.0.9", at(1));
  for (std::size_t i = 0; i < 50; ++i) book_.ask(named(i), address(i), at(2));
  EXPECT_THAT(pods(3, 1), ElementsAre(Asked{"10.0.0.9", {"zoo", "first"}}));
  book_.found({"10.0.0.9", {"zoo", "first"}}, seen("z", "z-host", "10.0.0.9"), at(3));
  for (std::size_t i = 0; i < 50; ++i) {
    const std::string host = "a-host" + std::to_string(i);
    book_.found({address(i), named(i)}, seen("u", host, address(i)), at(4));
  }
  EXPECT_THAT(hosts(5, 1), ElementsAre("z-host"));
}

TEST_F(FiguresBookTest, WhoInventsNamesHasRoomForFewAndTakesNobodysPlace) {
  for (std::size_t i = 0; i < 10'000; ++i) {
    EXPECT_EQ(book_.ask(named(i), "10.6.6.6", at(0)).status, 202U);
  }
  EXPECT_EQ(book_.names(), FiguresBook::kNamesOfClientMax);
  know(0);
  EXPECT_EQ(status(0), 200U);
  // One that has been answered gives way to the next.
  book_.found({"10.6.6.6", named(1)}, nobody(), at(0));
  EXPECT_EQ(book_.ask(named(1), "10.6.6.6", at(0)).status, 404U);
  book_.ask(named(20'000), "10.6.6.6", at(1));
  EXPECT_EQ(book_.names(), FiguresBook::kNamesOfClientMax);
  EXPECT_THAT(pods(1), Contains(Asked{"10.6.6.6", named(20'000)}));
}

TEST_F(FiguresBookTest, NamesThatNobodyHasNeverMakeRealPodsRefused) {
  for (std::size_t i = 0; i < FiguresBook::kNamesMax + 10; ++i) {
    book_.ask({"shop", "none"}, address(i), at(0));
    book_.found({address(i), {"shop", "none"}}, nobody(), at(0));
  }
  EXPECT_EQ(book_.names(), FiguresBook::kNamesMax);
  know(1);
  EXPECT_EQ(status(1), 200U);
  EXPECT_EQ(book_.names(), FiguresBook::kNamesMax - 1);
}

TEST_F(FiguresBookTest, WhoIsNotThePodIsToldWhatIsToldOfNone) {
  const std::string other = "10.6.6.6";
  const kube::Key none{"shop", "none"};
  const auto both = [&](int second) {
    const auto of_none = book_.ask(none, other, at(second));
    const auto of_pod = book_.ask(web_, other, at(second));
    EXPECT_EQ(of_pod.status, of_none.status) << second;
    EXPECT_EQ(of_pod.body, of_none.body) << second;
    return of_pod.status;
  };
  EXPECT_EQ(both(0), 202U);
  EXPECT_THAT(pods(0), SizeIs(2));
  book_.found({other, web_}, seen(), at(0));
  book_.found({other, none}, nobody(), at(0));
  EXPECT_EQ(both(0), 404U);
  EXPECT_EQ(book_.pods() + book_.hosts(), 0U);  // no kubelet is asked for it
  know(1);
  EXPECT_EQ(both(1), 404U);
  EXPECT_EQ(status(1), 200U);
  EXPECT_EQ(both(50), 404U);
  EXPECT_THAT(hosts(62), IsEmpty());  // what others ask makes nothing wanted
}

TEST_F(FiguresBookTest, AnyOfItsAddressesIsThePods) {
  know(0);
  EXPECT_EQ(book_.ask(web_, "fd00::1", at(0)).status, 200U);
  EXPECT_EQ(book_.ask(web_, "", at(0)).status, 404U);
}

TEST_F(FiguresBookTest, ThePodThatCameInItsPlaceIsKnownByItsOwnAddress) {
  know(0);
  const Asked next{"10.0.0.2", web_};
  book_.ask(web_, next.client, at(1));
  EXPECT_THAT(pods(1), ElementsAre(next));
  book_.found(next, seen("u2", "h2", next.client), at(1));
  EXPECT_THAT(hosts(1), ElementsAre("h2"));
  book_.read("h2", summary("u2", 2), at(1));
  EXPECT_EQ(book_.ask(web_, next.client, at(1)).status, 200U);
  EXPECT_EQ(status(1), 202U);
}

TEST_F(FiguresBookTest, AnybodyIsAnsweredWhereThatWasAskedFor) {
  book_ = FiguresBook(true);
  know(0);
  EXPECT_EQ(book_.ask(web_, "10.6.6.6", at(0)).status, 200U);
}

TEST_F(FiguresBookTest, HasARoof) {
  add(FiguresBook::kPodsMax, "h1", 0);
  EXPECT_EQ(status(0), 202U);
  book_.found(by_name_, seen(), at(0));
  EXPECT_EQ(status(0), 503U);
  EXPECT_EQ(book_.pods(), FiguresBook::kPodsMax);
  ask(59);
  EXPECT_THAT(pods(61), ElementsAre(by_name_));
  book_.found(by_name_, seen(), at(61));
  EXPECT_EQ(status(61), 202U);
}

}  // namespace
}  // namespace op
