#include "limit/address.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/random.h"

namespace limit {
namespace {

Address address(std::string_view text) {
  const auto parsed = parse_address(text);
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed.value_or(Address{});
}

Prefix prefix(std::string_view text) {
  const auto parsed = parse_prefix(text);
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed.value_or(Prefix{});
}

TEST(Address, ReadsWhatTheRfcsShowAndPrintsItCanonically) {
  const struct {
    const char *rule, *text, *canonical;
  } cases[] = {
      {"RFC 4291 2.2.1: full form", "2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a"},
      {"RFC 4291 2.2.2: multicast", "FF01::101", "ff01::101"},
      {"RFC 4291 2.2.2: loopback", "0:0:0:0:0:0:0:1", "::1"},
      {"RFC 4291 2.2.2: unspecified", "::", "::"},
      {"RFC 4291 2.2.2: '::' at the end", "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
      {"RFC 4291 2.2.3: IPv4 at the end", "::13.1.68.3", "::d01:4403"},
      {"RFC 4291 2.5.5.2: mapped", "::FFFF:129.144.52.38", "129.144.52.38"},
      {"mapped, in hexadecimal", "0:0:0:0:0:ffff:c000:0201", "192.0.2.1"},
      {"RFC 5952 4.1: leading zeros", "2001:0db8::0001", "2001:db8::1"},
      {"RFC 5952 4.2.2: one group stays", "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"RFC 5952 4.2.3: the longest run", "2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
      {"RFC 5952 4.2.3: the first of equals", "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
      {"IPv4", "0.10.255.1", "0.10.255.1"},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(text(address(one.text)), one.canonical) << one.rule;
    EXPECT_EQ(address(one.canonical), address(one.text)) << one.rule;
  }
}

TEST(Address, RefusesWhatTwoReadersCouldReadDifferently) {
  const char* const cases[] = {"",
                               "1.2.3",
                               "1.2.3.4.5",
                               "1.2.3.256",
                               "01.2.3.4",
                               "1.2.3.04",
                               "0x1.2.3.4",
                               "1.2.3.4 ",
                               "1.2.3.",
                               ".1.2.3",
                               "1..2.3",
                               "+1.2.3.4",
                               "127.1",
                               "3232235777",
                               ":",
                               ":::",
                               "1:2:3:4:5:6:7",
                               "1:2:3:4:5:6:7:8:9",
                               "1::2::3",
                               "1:2:3:4:5:6:7:8::",
                               "::1:2:3:4:5:6:7:8",
                               "12345::",
                               "g::",
                               "fe80::1%eth0",
                               "[::1]",
                               "::1.2.3",
                               "1.2.3.4::",
                               "::1.2.3.4:5",
                               "1:2:3:4:5:6:7:1.2.3.4",
                               "1:",
                               ":1",
                               "1:2:3:4:5:6:7:8:"};
  for (const char* const one : cases) EXPECT_FALSE(parse_address(one)) << one;
}

TEST(Address, AMappedAddressIsTheIpv4Address) {
  EXPECT_EQ(address("::ffff:192.0.2.1"), address("192.0.2.1"));
  EXPECT_TRUE(address("::ffff:192.0.2.1").is_v4());
  EXPECT_FALSE(address("::192.0.2.1").is_v4());
  EXPECT_TRUE(prefix("192.0.2.0/24").contains(address("::ffff:192.0.2.7")));
  EXPECT_EQ(prefix("::ffff:10.0.0.0/104"), prefix("10.0.0.0/8"));
}

TEST(Prefix, ContainsExactlyItsAddresses) {
  const struct {
    const char *prefix, *address;
    bool inside;
  } cases[] = {{"10.0.0.0/8", "10.255.255.255", true},
               {"10.0.0.0/8", "11.0.0.0", false},
               {"10.0.0.0/8", "9.255.255.255", false},
               {"192.0.2.1", "192.0.2.1", true},
               {"192.0.2.1", "192.0.2.2", false},
               {"0.0.0.0/0", "255.1.2.3", true},
               {"0.0.0.0/0", "2001:db8::1", false},
               {"::/0", "2001:db8::1", true},
               {"::/0", "10.0.0.1", false},
               {"2001:db8::/33", "2001:db8:7fff::", true},
               {"2001:db8::/33", "2001:db8:8000::", false},
               {"2001:db8::/64", "2001:db8::ffff", true},
               {"2001:db8::/65", "2001:db8:0:0:8000::", false},
               {"::1/128", "::1", true},
               {"128.0.0.0/1", "127.255.255.255", false}};
  for (const auto& one : cases) {
    const Prefix all[] = {prefix(one.prefix)};
    EXPECT_EQ(all[0].contains(address(one.address)), one.inside) << one.prefix << one.address;
    EXPECT_EQ(PrefixSet(all).contains(address(one.address)), one.inside)
        << one.prefix << " as a set " << one.address;
  }
}

TEST(Prefix, RefusesBadOnesAndSaysWhatIsAllowed) {
  for (const char* const one : {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/08", "::/129",
                                "/8", "10.0.0.0/8/8", "10.0.0/8", "::1/64"}) {
    EXPECT_FALSE(parse_prefix(one)) << one;
  }
  const auto slip = parse_prefix("10.1.2.3/8");
  ASSERT_FALSE(slip);
  EXPECT_NE(slip.error().message.find("10.0.0.0/8"), std::string::npos) << slip.error().message;
  EXPECT_EQ(text(prefix("10.0.0.0/8")), "10.0.0.0/8");
  EXPECT_EQ(text(prefix("2001:db8::/32")), "2001:db8::/32");
  EXPECT_EQ(text(prefix("::1")), "::1/128");
}

/// Addresses and prefixes near one another, so that they meet.
Address near(base::Random& random) {
  const bool v4 = random.chance(0.5);
  if (v4)
    return Address::v4(static_cast<std::uint32_t>(random.below(64)) << 26U |
                       static_cast<std::uint32_t>(random.below(4)));
  return {random.below(4) << 62U, random.below(4)};
}

TEST(PrefixSet, AgreesWithAskingEveryPrefix) {
  base::Random random(7);
  for (int round = 0; round < 300; ++round) {
    std::vector<Prefix> prefixes;
    for (std::uint64_t i = 0, count = random.below(8); i < count; ++i) {
      const std::string start = text(near(random));
      const std::uint64_t all = start.find(':') == start.npos ? 33 : 129;
      const std::uint64_t bits = random.below(random.chance(0.5) ? 6 : all);  // wide ones as well
      const auto parsed = parse_prefix(start + "/" + std::to_string(bits));
      if (parsed) prefixes.push_back(*parsed);
    }
    const PrefixSet set(prefixes);
    for (int i = 0; i < 100; ++i) {
      const Address one = near(random);
      const bool inside = std::any_of(prefixes.begin(), prefixes.end(),
                                      [&one](const Prefix& p) { return p.contains(one); });
      ASSERT_EQ(set.contains(one), inside) << "round " << round << ": " << text(one);
    }
  }
}

TEST(PrefixSet, NamesTheTextThatIsWrong) {
  const std::string texts[] = {"10.0.0.0/8", "somewhere"};
  const auto set = parse_prefixes(texts);
  ASSERT_FALSE(set);
  EXPECT_NE(set.error().message.find("somewhere"), std::string::npos);
  EXPECT_FALSE(PrefixSet().contains(address("10.0.0.1")));
}

}  // namespace
}  // namespace limit
