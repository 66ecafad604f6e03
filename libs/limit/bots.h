// What looks like a program rather than a person. Each sign is a bit, and a bit is no verdict: many
// wanted clients are programs. They are counted, told and exported; what is done about them is the
// user's to say.
//
//   RequestRate      more than 50 requests in 10 s (refused ones too)
//   EmptyAgent       no User-Agent, or nothing but blanks
//   BotAgent         a User-Agent that names a crawler, a library or a headless browser
//   MissingHeaders   two of Accept, Accept-Encoding, Accept-Language are not there
//   SequentialPages  a number in the target that went up by one five times in a row:
//                    /page/1, /page/2 …; the same for ?page=1 and /items/17
//
// Memory: four words for each client, in a block of the caller's that does not grow. A client has
// one place, by its keyed hash; another one with the same place takes it over. That costs a sign
// now and then, and never more memory.
// Thread: one BotWatch each, on a shared block.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/time.h"
#include "limit/windows.h"

namespace limit {

enum class Sign : std::uint8_t {
  RequestRate,
  EmptyAgent,
  BotAgent,
  MissingHeaders,
  SequentialPages,
};
inline constexpr std::size_t kSigns = 5;

/// "request_rate", as metrics and logs name it.
const char* name(Sign sign);

class Signs {
 public:
  void add(Sign sign) { bits_ |= bit(sign); }
  bool has(Sign sign) const { return (bits_ & bit(sign)) != 0; }
  bool any() const { return bits_ != 0; }
  bool operator==(const Signs&) const = default;

 private:
  static std::uint8_t bit(Sign sign) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(sign));
  }
  std::uint8_t bits_ = 0;
};

/// EmptyAgent and BotAgent. It looks through the text once for each of some 25 words: who asks
/// again for the same client keeps the answer.
Signs agent_signs(std::string_view user_agent);

/// Of one request.
struct Look {
  std::uint64_t client = 0;  // Subject::client
  std::string_view target;
  std::string_view user_agent;
  bool has_accept = false;
  bool has_accept_encoding = false;
  bool has_accept_language = false;
  std::optional<Signs> agent{};  // agent_signs() of user_agent, where it is known already
};

/// Signs of the request alone: EmptyAgent, BotAgent, MissingHeaders.
Signs signs_of(const Look& look);

/// The last number of a target and a hash of all else; empty without a number, and for what pages
/// load (".css", ".js", images, fonts).
struct Page {
  std::uint32_t number;
  std::uint32_t rest;
};
std::optional<Page> page_of(std::string_view target);

class BotWatch {
 public:
  static constexpr std::uint32_t kRequestsMax = 50;
  static constexpr base::Duration kRateWindow = base::seconds(10);
  static constexpr std::uint32_t kRunMin = 5;
  static constexpr std::size_t kClientWords = 4;

  /// `memory`: zeroed, at least kClientWords. Lifetime: it outlives the watch.
  BotWatch(std::span<Word> memory, Sharing sharing);

  Signs look(const Look& look, base::TimePoint now);
  /// How many requests had a sign, by Sign.
  const std::array<std::uint64_t, kSigns>& counts() const { return counts_; }

 private:
  /// True when the target continues a run of at least kRunMin.
  bool follows(Word* place, std::uint64_t client, std::string_view target) const;

  std::span<Word> memory_;
  Sharing sharing_;
  Window rate_;
  std::array<std::uint64_t, kSigns> counts_{};
};

}  // namespace limit
