// What the user sets: how many requests a client may send, by path, method and header, and who is
// never or always let in. Settings are as the user wrote them; Rules are checked and prepared, and
// do not change: a new configuration is a new Rules, swapped in whole.
//
// Every rule that matches a request is enforced, each with a counter of its own per client and per
// fingerprint. A rule has one to three windows, which share the seven words of a counter: the two
// longest have three words each, a shorter third one has one (limit/windows.h has the bounds).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "limit/address.h"
#include "limit/windows.h"

namespace limit {

/// What a rule is for; an empty text stands for all.
struct Match {
  std::string path;    // a pattern (limit/pattern.h), as the application reads the path
  std::string method;  // exactly, as "POST"
  std::string header;  // the name of a header that has to be there
  std::string value;   // a pattern for its value
  bool operator==(const Match&) const = default;
};

struct RuleSettings {
  std::string name;
  Match match;
  std::vector<Limit> limits;
};

/// 500 requests in an hour and 2,000 in a day, of everything.
RuleSettings default_rule();

struct Settings {
  std::vector<RuleSettings> rules = {default_rule()};
  std::vector<std::string> allow;  // prefixes whose clients have no limit
  std::vector<std::string> deny;   // prefixes whose clients are turned away; stronger than `allow`
  bool dry_run = false;            // everything is let in, and what would have been is told
};

struct Rule {
  std::string name;
  Match match;
  std::vector<Window> windows;       // from the shortest
  std::vector<std::size_t> offsets;  // of each window's words in a counter
  std::string policy;                // its part of RateLimit-Policy
  std::uint64_t salt = 0;            // of its name and limits: makes its keys its own
};

struct Header {
  std::string_view name;
  std::string_view value;
};

class Rules {
 public:
  static constexpr std::size_t kRulesMax = 16;
  static constexpr std::size_t kWindowsMax = 3;
  /// Where a window's words lie in a counter and how many they are; from the right, the longest
  /// last.
  static constexpr std::array<std::size_t, kWindowsMax> kOffsets = {0, 1, 4};
  static constexpr std::array<std::uint32_t, kWindowsMax> kWords = {1, 3, 3};

  /// Errors: InvalidArgument, naming the rule, the value and what is allowed.
  static base::Result<Rules> compile(const Settings& settings);

  const std::vector<Rule>& all() const { return rules_; }
  const PrefixSet& allow() const { return allow_; }
  const PrefixSet& deny() const { return deny_; }
  bool dry_run() const { return dry_run_; }

  /// Bit i: rule i is for every request.
  std::uint16_t unconditional() const { return unconditional_; }
  /// Bit i: rule i is for this request.
  std::uint16_t matching(std::string_view method, std::string_view target,
                         std::span<const Header> headers) const {
    return unconditional_ == all_bits_ ? all_bits_ : compared(method, target, headers);
  }

 private:
  Rules() = default;
  std::uint16_t compared(std::string_view method, std::string_view target,
                         std::span<const Header> headers) const;

  std::vector<Rule> rules_;
  PrefixSet allow_;
  PrefixSet deny_;
  std::uint16_t all_bits_ = 0;
  std::uint16_t unconditional_ = 0;  // rules that are for everything
  bool dry_run_ = false;
};

/// "default-1h": the name of a limit where others read it.
std::string limit_name(std::string_view rule, const Limit& limit);

}  // namespace limit
