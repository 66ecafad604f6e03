#include "traffic/endpoint.h"

#include <string>

#include <gtest/gtest.h>

#include "base/random.h"
#include "support/allocations.h"

namespace traffic {
namespace {

std::unique_ptr<Endpoints> endpoints(EndpointSpec spec) {
  auto made = Endpoints::create(spec);
  EXPECT_TRUE(made) << made.error().message;
  return std::move(*made);
}

TEST(Endpoints, LearnATemplateOnceAndFindItAgain) {
  const auto all = endpoints({});
  EXPECT_EQ(all->find("/users/42"), kOtherEndpoint);
  const EndpointId users = all->learn("/users/42", 200);
  EXPECT_NE(users, kOtherEndpoint);
  EXPECT_EQ(all->learn("/users/43?page=1", 500), users);
  EXPECT_EQ(all->find("/users/44/"), users);
  EXPECT_EQ(all->name(users), "/users/{id}");
  EXPECT_EQ(all->size(), 2u);
}

TEST(Endpoints, AreTaughtByAnswersOfWhatExistsOnly) {
  const auto all = endpoints({});
  for (const int status : {0, 99, 301, 308, 400, 401, 404, 405, 500, 503, -1, 1000}) {
    EXPECT_EQ(all->learn("/wp-admin", status), kOtherEndpoint) << status;
  }
  EXPECT_EQ(all->size(), 1u);
  for (const int status : {101, 200, 204, 302, 304}) {
    EXPECT_NE(all->learn("/page-" + std::to_string(status) + "-x", status), kOtherEndpoint);
  }
}

TEST(Endpoints, OfRulesComeFirstAndInTheirOrder) {
  EndpointSpec spec;
  spec.rules = {"/users/me", "/users/{name}", "/files/*"};
  const auto all = endpoints(spec);
  EXPECT_EQ(all->size(), 4u);
  EXPECT_EQ(all->name(all->find("/users/me")), "/users/me");
  EXPECT_EQ(all->name(all->find("/users/42")), "/users/{name}");
  EXPECT_EQ(all->name(all->learn("/users/bob", 404)), "/users/{name}");
  EXPECT_EQ(all->name(all->find("/files/a/b/c")), "/files/*");
  EXPECT_EQ(all->find("/carts/1"), kOtherEndpoint);
  EXPECT_EQ(all->name(all->learn("/carts/1", 200)), "/carts/{id}");
}

TEST(Endpoints, WithoutTemplatesAreTheRulesAlone) {
  EndpointSpec spec;
  spec.rules = {"/a"};
  spec.automatic = false;
  const auto all = endpoints(spec);
  EXPECT_EQ(all->learn("/b", 200), kOtherEndpoint);
  EXPECT_NE(all->learn("/a", 200), kOtherEndpoint);
}

TEST(Endpoints, OfWhatIsNoPathAreOther) {
  const auto all = endpoints({});
  for (const char* const text : {"", "*", "example.com:443", "http://example.com/", "users/1"}) {
    EXPECT_EQ(all->learn(text, 200), kOtherEndpoint) << text;
  }
  EXPECT_EQ(all->name(all->learn("/", 200)), "/");
  EXPECT_EQ(all->name(kOtherEndpoint), "other");
  EXPECT_EQ(all->name(500), "other");
}

TEST(Endpoints, AreNeverMoreThanTheBoundAndRulesKeepTheirPlaces) {
  EndpointSpec spec;
  spec.rules = {"/health", "/users/{id}"};
  spec.most = 10;
  const auto all = endpoints(spec);
  base::Random random(2);
  for (int i = 0; i < 5000; ++i) {
    std::string path = "/";
    for (int c = 0; c < 6; ++c) path += static_cast<char>('g' + random.below(20));
    all->learn(path, 200);
    ASSERT_LE(all->size(), all->most());
  }
  EXPECT_EQ(all->most(), 11u);
  EXPECT_TRUE(all->full());
  EXPECT_EQ(all->learn("/new-one", 200), kOtherEndpoint);
  EXPECT_EQ(all->name(all->learn("/users/7", 200)), "/users/{id}");
  for (EndpointId id = 1; id < 11; ++id) EXPECT_EQ(all->find(all->name(id)), id);
}

TEST(Endpoints, ThatAreKnownAreFoundWithoutAllocating) {
  EndpointSpec spec;
  spec.rules = {"/users/{id}/orders"};
  spec.most = 3;
  const auto all = endpoints(spec);
  const std::string known = "/a-rather-long-name-of-a-thing/550e8400-e29b-41d4-a716-446655440000/x";
  const std::string rule = "/users/a-rather-long-name-of-a-user/orders";
  all->learn(known, 200);
  all->learn("/second", 200);
  ASSERT_TRUE(all->full());
  const std::size_t before = test::allocations();
  for (int i = 0; i < 100; ++i) {
    all->learn(known, 200);
    all->find(known);
    all->learn(rule, 200);
    all->learn("/beyond-the-bound-and-long-enough-to-need-memory", 200);
  }
  EXPECT_EQ(test::allocations(), before);
  EXPECT_GT(before, 0u) << "the count counts";
}

TEST(Endpoints, RefuseASpecThatMakesNoSense) {
  const auto message = [](const EndpointSpec& spec) {
    const auto made = Endpoints::create(spec);
    return made ? std::string("accepted") : made.error().message;
  };
  EXPECT_NE(message({{}, true, 0}).find("1 to 1,000"), std::string::npos);
  EXPECT_NE(message({{}, true, 1001}).find("1 to 1,000"), std::string::npos);
  EXPECT_NE(message({{"/a", "/b", "/a"}, true, 10}).find("'/a' is there twice"), std::string::npos);
  EXPECT_NE(message({{"/a", "/b"}, true, 1}).find("at most 1"), std::string::npos);
  EXPECT_NE(message({{"a"}, true, 10}).find("endpoint 'a'"), std::string::npos);
  EndpointSpec many;
  for (int i = 0; i < 129; ++i) many.rules.push_back("/" + std::to_string(i));
  EXPECT_NE(message(many).find("at most 128"), std::string::npos);
}

}  // namespace
}  // namespace traffic
