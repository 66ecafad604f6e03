#include "limit/client.h"

#include <vector>

#include <gtest/gtest.h>

namespace limit {
namespace {

PrefixSet trusted() {
  const std::string texts[] = {"10.0.0.0/8", "2001:db8:aaaa::/48"};
  return parse_prefixes(texts).value();
}

std::string client(const char* peer, std::vector<std::string_view> fields,
                   const PrefixSet& proxies = trusted()) {
  return text(client_of(parse_address(peer).value(), fields, proxies));
}

TEST(Client, IsTheRightmostHopThatIsNoTrustedProxy) {
  const struct {
    const char* name;
    const char* peer;
    std::vector<std::string_view> fields;
    const char* client;
  } cases[] = {
      {"an untrusted peer, whatever it says", "192.0.2.9", {"198.51.100.1"}, "192.0.2.9"},
      {"one proxy", "10.0.0.1", {"198.51.100.1"}, "198.51.100.1"},
      {"what the client wrote is to the left",
       "10.0.0.1",
       {"1.1.1.1, 198.51.100.1"},
       "198.51.100.1"},
      {"a chain of trusted proxies",
       "10.0.0.1",
       {"198.51.100.1, 10.0.0.3, 10.0.0.2"},
       "198.51.100.1"},
      {"a trusted address left of an untrusted one is a lie",
       "10.0.0.1",
       {"10.9.9.9, 198.51.100.1"},
       "198.51.100.1"},
      {"all are trusted: the first of them", "10.0.0.1", {"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
      {"no field", "10.0.0.1", {}, "10.0.0.1"},
      {"an empty field", "10.0.0.1", {""}, "10.0.0.1"},
      {"several fields in their order",
       "10.0.0.1",
       {"1.1.1.1", "198.51.100.1", "10.0.0.2"},
       "198.51.100.1"},
      {"empty elements are none (RFC 9110 5.6.1)",
       "10.0.0.1",
       {",, 198.51.100.1 ,\t,", " , "},
       "198.51.100.1"},
      {"unknown ends at who wrote it", "10.0.0.1", {"198.51.100.1, unknown, 10.0.0.2"}, "10.0.0.2"},
      {"so does an obfuscated name", "10.0.0.1", {"198.51.100.1, _hidden"}, "10.0.0.1"},
      {"an open quote swallows nothing", "10.0.0.1", {"\"1.1.1.1", "198.51.100.1"}, "198.51.100.1"},
      {"nor does one in the same field", "10.0.0.1", {"\"1.1.1.1, 198.51.100.1"}, "198.51.100.1"},
      {"nor one that closes after it", "10.0.0.1", {"\"1.1.1.1, 198.51.100.1\""}, "10.0.0.1"},
      {"IPv6, quoted, with brackets and port",
       "10.0.0.1",
       {"\"[2001:db8::7]:4711\""},
       "2001:db8::7"},
      {"IPv6 proxies",
       "2001:db8:aaaa::1",
       {"2001:db8:bbbb::5, 2001:db8:aaaa::2"},
       "2001:db8:bbbb::5"},
      {"a mapped proxy is the IPv4 one",
       "::ffff:10.0.0.1",
       {"::ffff:198.51.100.1"},
       "198.51.100.1"},
  };
  for (const auto& one : cases) EXPECT_EQ(client(one.peer, one.fields), one.client) << one.name;
}

TEST(Client, IsThePeerWhileNoProxyIsTrusted) {
  EXPECT_EQ(client("10.0.0.1", {"198.51.100.1"}, PrefixSet()), "10.0.0.1");
}

TEST(Client, AnEndlessChainIsNotWalked) {
  std::string field = "198.51.100.1";
  for (int i = 0; i < 5000; ++i) field += ",10.0.0.2";
  EXPECT_EQ(client("10.0.0.1", {field}), "10.0.0.2");
  field = "198.51.100.1";
  for (int i = 1; i < kHopsMax; ++i) field += ",10.0.0.2";
  EXPECT_EQ(client("10.0.0.1", {field}), "198.51.100.1");
}

TEST(Hop, IsReadInEveryFormThatProxiesWrite) {
  const struct {
    const char *element, *address;  // null: none
  } cases[] = {{"192.0.2.1", "192.0.2.1"},
               {" 192.0.2.1\t", "192.0.2.1"},
               {"192.0.2.1:80", "192.0.2.1"},
               {"\"192.0.2.1:80\"", "192.0.2.1"},
               {"2001:db8::1", "2001:db8::1"},
               {"[2001:db8::1]", "2001:db8::1"},
               {"[2001:db8::1]:443", "2001:db8::1"},
               {"\"[2001:db8::1]\"", "2001:db8::1"},
               {"::ffff:192.0.2.1", "192.0.2.1"},
               {"", nullptr},
               {"\"", nullptr},
               {"\"\"", nullptr},
               {"unknown", nullptr},
               {"_gazonk", nullptr},
               {"192.0.2.1:", nullptr},
               {"192.0.2.1:http", nullptr},
               {"192.0.2.1:123456", nullptr},
               {"[192.0.2.1]", nullptr},
               {"[2001:db8::1", nullptr},
               {"[2001:db8::1]443", nullptr},
               {"[2001:db8::1]:", nullptr},
               {"2001:db8::1]", nullptr},
               {"fe80::1%eth0", nullptr},
               {"for=192.0.2.1", nullptr},
               {"192.0.2.1 192.0.2.2", nullptr}};
  for (const auto& one : cases) {
    const auto hop = parse_hop(one.element);
    EXPECT_EQ(hop.has_value(), one.address != nullptr) << one.element;
    if (hop && one.address != nullptr) EXPECT_EQ(text(*hop), one.address) << one.element;
  }
}

TEST(Bucket, OfIpv6IsTheNetworkThatAClientOwns) {
  const auto bucket = [](const char* one) { return text(bucket_of(parse_address(one).value())); };
  EXPECT_EQ(bucket("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
  EXPECT_EQ(bucket("192.0.2.1"), "192.0.2.1");
}

}  // namespace
}  // namespace limit
