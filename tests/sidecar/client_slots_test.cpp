#include "sidecar/client_slots.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sidecar/filter_concurrency.h"
#include "sidecar/filter_own_service.h"

namespace sidecar {
namespace {

using testing::HasSubstr;

Client client_at(std::uint8_t last) {
  Client out;
  out.bytes[10] = out.bytes[11] = 0xFF;
  out.bytes[12] = 10;
  out.bytes[15] = last;
  return out;
}

/// A request that is under way, with the fields that it needs to live.
struct Request {
  explicit Request(Client& from, std::string_view target = "/", std::string_view forwarded = "") {
    exchange.client = &from;
    exchange.request.target = exchange.request.path = target;
    exchange.request.field_count = forwarded.empty() ? 0 : 1;
    exchange.request.fields[0] = {"X-Forwarded-For", forwarded};
  }
  Exchange exchange;
};

std::unique_ptr<ClientSlots> slots_of(std::uint32_t most) {
  auto out = ClientSlots::create(most, {.first = 1, .second = 2});
  EXPECT_TRUE(out);
  return std::move(*out);
}

std::shared_ptr<const Clients> clients_of(const ProtectionSettings& settings) {
  auto out = Clients::create(settings);
  EXPECT_TRUE(out);
  return *out;
}

std::shared_ptr<const Clients> clients_of(std::vector<std::string> trusted = {}) {
  ProtectionSettings settings;
  settings.trusted_proxies = std::move(trusted);
  settings.unlimited_paths = {"/healthz*"};
  return clients_of(settings);
}

TEST(ClientSlots, AClientHasSoManyAndGetsThemBack) {
  const auto slots = slots_of(2);
  const limit::Address one = limit::Address::v4(1), two = limit::Address::v4(2);
  Exchange first, second, third, other;
  EXPECT_TRUE(slots->begin(first, one));
  EXPECT_TRUE(slots->begin(second, one));
  EXPECT_FALSE(slots->begin(third, one));
  EXPECT_TRUE(slots->begin(other, two));
  slots->end(third);  // which had no place to give back
  EXPECT_FALSE(slots->begin(third, one));
  slots->end(first);
  EXPECT_TRUE(slots->begin(third, one));
  for (Exchange* each : {&second, &third, &other}) slots->end(*each);
  EXPECT_THAT(slots->exposition(), HasSubstr("muster_sidecar_concurrency_clients 0\n"));
  EXPECT_THAT(slots->exposition(), HasSubstr("muster_sidecar_concurrency_refused_total 2\n"));
}

TEST(Clients, BelieveTrustedProxiesOnly) {
  Client proxy = client_at(9);
  Request first(proxy, "/", "192.0.2.1"), second(proxy, "/", "192.0.2.2");
  const auto strict = clients_of();
  EXPECT_EQ(strict->of(first.exchange), strict->of(second.exchange));
  const auto behind = clients_of({"10.0.0.0/8"});
  EXPECT_EQ(behind->of(first.exchange), limit::Address::v4(0xC000'0201));
  EXPECT_EQ(behind->of(second.exchange), limit::Address::v4(0xC000'0202));
  ProtectionSettings wrong;
  wrong.trusted_proxies = {"nonsense"};
  EXPECT_FALSE(Clients::create(wrong));
}

TEST(Clients, BelieveTheLastLinesOfAProxyHoweverManyTheClientSent) {
  Client proxy = client_at(9);
  Request request(proxy);
  const std::size_t forged = http1::kFieldsMax - 1;
  for (std::size_t i = 0; i < forged; ++i) {
    request.exchange.request.fields[i] = {"X-Forwarded-For", "10.9.9.9"};
  }
  request.exchange.request.fields[forged] = {"X-Forwarded-For", "192.0.2.7"};
  request.exchange.request.field_count = forged + 1;
  EXPECT_EQ(clients_of({"10.0.0.9/32"})->of(request.exchange), limit::Address::v4(0xC000'0207));
}

TEST(ConcurrencyFilter, ADryRunLetsAllInAndCountsThem) {
  const auto slots = slots_of(1);
  ProtectionSettings dry;
  dry.limiting = Limiting::DryRun;
  const auto filter = make_concurrency_filter(*slots, clients_of(dry));
  Client one = client_at(1);
  Request first(one), second(one);
  EXPECT_EQ(filter->on_request(first.exchange, {}), Verdict::Forward);
  EXPECT_EQ(filter->on_request(second.exchange, {}), Verdict::Forward);
  filter->on_end(second.exchange, {});
  EXPECT_THAT(slots->exposition(), HasSubstr("muster_sidecar_concurrency_clients 1\n"));
  filter->on_end(first.exchange, {});
  EXPECT_THAT(slots->exposition(), HasSubstr("muster_sidecar_concurrency_clients 0\n"));
  EXPECT_THAT(slots->exposition(), HasSubstr("muster_sidecar_concurrency_refused_total 0\n"));
  EXPECT_THAT(slots->exposition(), HasSubstr("muster_sidecar_concurrency_dry_refused_total 1\n"));
}

TEST(ConcurrencyFilter, ClientsWithoutLimitsHaveNone) {
  const auto slots = slots_of(1);
  ProtectionSettings settings;
  settings.allow = {"10.0.0.1"};
  const auto filter = make_concurrency_filter(*slots, clients_of(settings));
  Client allowed = client_at(1), other = client_at(2);
  Request first(allowed), second(allowed), third(other), fourth(other);
  for (Request* each : {&first, &second, &third}) {
    EXPECT_EQ(filter->on_request(each->exchange, {}), Verdict::Forward);
  }
  EXPECT_EQ(filter->on_request(fourth.exchange, {}), Verdict::Answer);
}

TEST(ConcurrencyFilter, AnswersWhoHasTooMany) {
  const auto slots = slots_of(1);
  const auto filter = make_concurrency_filter(*slots, clients_of());
  Client one = client_at(1);
  Request first(one), second(one);
  EXPECT_EQ(filter->on_request(first.exchange, {}), Verdict::Forward);
  EXPECT_EQ(filter->on_request(second.exchange, {}), Verdict::Answer);
  EXPECT_EQ(second.exchange.reply.status, 429);
  EXPECT_EQ(second.exchange.to_client.lines(), "Retry-After: 1\r\n");
  filter->on_end(second.exchange, {});
  filter->on_end(first.exchange, {});
  Request third(one);
  EXPECT_EQ(filter->on_request(third.exchange, {}), Verdict::Forward);
}

TEST(ConcurrencyFilter, ProbesTakeNone) {
  const auto slots = slots_of(1);
  const auto filter = make_concurrency_filter(*slots, clients_of());
  Client one = client_at(1);
  for (const char* path : {"/healthz?x", "/healthz", "/"}) {
    Request request(one, path);
    EXPECT_EQ(filter->on_request(request.exchange, {}), Verdict::Forward) << path;
  }
}

TEST(ConcurrencyFilter, ANewConfigurationHasOtherProxiesAndPathsOverTheSamePlaces) {
  const auto slots = slots_of(1);
  const auto before = make_concurrency_filter(*slots, clients_of());
  const auto after = make_concurrency_filter(*slots, clients_of({"10.0.0.0/8"}));
  Client proxy = client_at(9);
  Request first(proxy, "/", "192.0.2.1"), second(proxy, "/", "192.0.2.2"), third(proxy);
  EXPECT_EQ(before->on_request(first.exchange, {}), Verdict::Forward);
  EXPECT_EQ(after->on_request(second.exchange, {}), Verdict::Forward) << "another client now";
  EXPECT_EQ(after->on_request(third.exchange, {}), Verdict::Answer) << "the proxy has its place";
  before->on_end(first.exchange, {});
  EXPECT_EQ(after->on_request(third.exchange, {}), Verdict::Forward);
}

TEST(OwnServiceFilter, TakesItsPathsOnly) {
  const auto filter = make_own_service_filter("/muster/rum");
  Client one = client_at(1);
  const auto own = [&](std::string_view path) {
    Request request(one, path);
    EXPECT_EQ(filter->on_request(request.exchange, {}), Verdict::Forward);
    return request.exchange.own_service;
  };
  EXPECT_TRUE(own("/muster/rum") && own("/muster/rum.js"));
  for (const char* not_own : {"/", "/muster", "/muster/rum/", "/muster/rum.jsx", "/muster/run"}) {
    EXPECT_FALSE(own(not_own)) << not_own;
  }
}

}  // namespace
}  // namespace sidecar
