// What the limits of all cores share: rules, counters, the key under which clients are known. The
// counters lie in one mapping of fixed size whose pages appear when they are used, so that a flood
// of clients costs no memory, and a sidecar with few clients has few pages.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "limit/bots.h"
#include "limit/fingerprint.h"
#include "limit/rules.h"
#include "limit/table.h"

namespace sidecar {

enum class Limiting : std::uint8_t { Off, DryRun, On };

struct ProtectionSettings {
  Limiting limiting = Limiting::On;
  std::vector<limit::RuleSettings> rules;  // none: limit::default_rule()
  std::vector<std::string> trusted_proxies, allow, deny;
  std::vector<std::string> unlimited_paths;  // patterns (limit/pattern.h)
  std::size_t keys_max = 65'536;             // clients and fingerprints that are counted at once
  limit::BotSettings bots;                   // of which signs are told
  bool offender_addresses = false;           // those who are refused most are told by address, too
};

/// Whether they can be carried out. Errors: InvalidArgument, naming the value and what is allowed.
base::Result<> check(const ProtectionSettings& settings);

/// Whether the path of a request's target matches one of the patterns (limit/pattern.h).
bool matches_any(const std::vector<std::string>& patterns, std::string_view target);

/// Zeroed words that nobody pays for before they are used.
class MappedWords {
 public:
  /// Errors: ResourceExhausted, with what the system says.
  static base::Result<MappedWords> map(std::size_t words);
  MappedWords(MappedWords&& other) noexcept;
  MappedWords& operator=(MappedWords&& other) noexcept;
  ~MappedWords();

  std::span<limit::Word> words() const { return words_; }

 private:
  explicit MappedWords(std::span<limit::Word> words) : words_(words) {}
  std::span<limit::Word> words_;
};

/// What is counted. It outlives the rules: a rule that a new configuration has too, with the same
/// limits and in the same place, goes on where it was.
/// Thread: any number at once.
class Counters {
 public:
  /// Errors: ResourceExhausted.
  static base::Result<std::shared_ptr<Counters>> create(std::size_t keys_max);

  limit::Table& table() { return table_; }
  std::span<limit::Word> bot_words() const { return bots_.words(); }

 private:
  Counters(MappedWords counters, MappedWords bots);

  MappedWords counters_, bots_;
  limit::Table table_;
};

/// Thread: any number at once.
class Protection {
 public:
  /// Errors: InvalidArgument, naming the value and what is allowed.
  static base::Result<std::shared_ptr<Protection>> create(const ProtectionSettings& settings,
                                                          limit::FingerprintKey key,
                                                          std::shared_ptr<Counters> counters);

  const limit::Rules& rules() const { return rules_; }
  const limit::PrefixSet& trusted() const { return trusted_; }
  const limit::Identifier& identifier() const { return identifier_; }
  limit::Table& table() { return counters_->table(); }
  std::span<limit::Word> bot_words() const { return counters_->bot_words(); }
  const limit::BotSettings& bots() const { return bots_; }
  /// Of a request's target.
  bool is_unlimited(std::string_view target) const;

 private:
  Protection(limit::Rules rules, limit::PrefixSet trusted, std::vector<std::string> unlimited,
             limit::FingerprintKey key, std::shared_ptr<Counters> counters,
             limit::BotSettings bots);

  limit::Rules rules_;
  limit::PrefixSet trusted_;
  std::vector<std::string> unlimited_;
  limit::Identifier identifier_;
  std::shared_ptr<Counters> counters_;
  limit::BotSettings bots_;
};

}  // namespace sidecar
