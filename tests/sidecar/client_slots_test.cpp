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

std::unique_ptr<ClientSlots> slots_of(std::uint32_t most, std::vector<std::string> trusted = {}) {
  auto out = ClientSlots::create(most, trusted, {"/healthz*"}, {.first = 1, .second = 2});
  EXPECT_TRUE(out);
  return std::move(*out);
}

TEST(ClientSlots, AClientHasSoManyAndGetsThemBack) {
  const auto slots = slots_of(2);
  Client one = client_at(1);
  Client two = client_at(2);
  Request first(one), second(one), third(one), other(two);
  EXPECT_TRUE(slots->begin(first.exchange));
  EXPECT_TRUE(slots->begin(second.exchange));
  EXPECT_FALSE(slots->begin(third.exchange));
  EXPECT_TRUE(slots->begin(other.exchange));
  slots->end(third.exchange);  // which had no place to give back
  EXPECT_FALSE(slots->begin(third.exchange));
  slots->end(first.exchange);
  EXPECT_TRUE(slots->begin(third.exchange));
  for (Request* each : {&second, &third, &other}) slots->end(each->exchange);
  EXPECT_THAT(slots->exposition(), HasSubstr("muster_sidecar_concurrency_clients 0\n"));
  EXPECT_THAT(slots->exposition(), HasSubstr("muster_sidecar_concurrency_refused_total 2\n"));
}

TEST(ClientSlots, BelieveTrustedProxiesOnly) {
  Client proxy = client_at(9);
  Request first(proxy, "/", "192.0.2.1"), second(proxy, "/", "192.0.2.2");
  const auto strict = slots_of(1);
  EXPECT_TRUE(strict->begin(first.exchange));
  EXPECT_FALSE(strict->begin(second.exchange));
  const auto behind = slots_of(1, {"10.0.0.0/8"});
  Request third(proxy, "/", "192.0.2.1");
  EXPECT_TRUE(behind->begin(second.exchange));
  EXPECT_TRUE(behind->begin(third.exchange));
  EXPECT_FALSE(ClientSlots::create(1, {"nonsense"}, {}, {.first = 1, .second = 2}));
}

TEST(ClientSlots, ProbesTakeNone) {
  const auto slots = slots_of(1);
  Client one = client_at(1);
  Request probe(one, "/healthz?x"), again(one, "/healthz"), page(one);
  EXPECT_TRUE(slots->begin(probe.exchange) && slots->begin(again.exchange));
  EXPECT_TRUE(slots->begin(page.exchange));
}

TEST(ConcurrencyFilter, AnswersWhoHasTooMany) {
  const auto slots = slots_of(1);
  const auto filter = make_concurrency_filter(*slots);
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
