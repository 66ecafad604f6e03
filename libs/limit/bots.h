// What looks like a program rather than a person. Each sign is a bit, and a bit is no verdict: many
// wanted clients are programs. They are counted, told and exported; what is done about them is the
// user's to say.
//
//   RequestRate      more than 50 requests in 10 s, or as many as is set (refused ones too)
//   EmptyAgent       no User-Agent, or nothing but blanks
//   BotAgent         a User-Agent that names a crawler, a library or a headless browser
//   MissingHeaders   two of Accept, Accept-Encoding, Accept-Language are not there
//   SequentialPages  a number in the target that went up by one five times in a row, or as often as
//                    is set: /page/1, /page/2 …; the same for ?page=1 and /items/17
//
// Memory: four words for each client, in a block of the caller's that does not grow. A client has
// one place, by its keyed hash; another one with the same place takes it over. That costs a sign
// now and then, and never more memory. The fourth word remembers which signs were counted of the
// client, and which were told, so that a log has each once, and a count too where the log had no
// room.
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
  /// Those that `others` has not.
  Signs without(Signs others) const { return of(bits_ & ~others.bits_); }
  Signs with(Signs others) const { return of(bits_ | others.bits_); }
  std::uint8_t bits() const { return bits_; }
  static Signs of(int bits) {
    Signs out;
    out.bits_ = static_cast<std::uint8_t>(bits);
    return out;
  }
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

struct BotSettings {
  std::uint32_t requests_max = 50;  // in BotWatch::kRateWindow; 1 to kQuotaMax
  std::uint32_t pages_min = 5;      // that follow another one; 1 to BotWatch::kPagesMost
  bool operator==(const BotSettings&) const = default;
};

class BotWatch {
 public:
  static constexpr base::Duration kRateWindow = base::seconds(10);
  static constexpr std::uint32_t kPagesMost = 250;
  static constexpr std::size_t kClientWords = 4;

  /// `memory`: zeroed, at least kClientWords. Lifetime: it outlives the watch.
  BotWatch(std::span<Word> memory, Sharing sharing, BotSettings settings = {});

  Signs look(const Look& look, base::TimePoint now);
  /// Of the signs those that were not told of this client yet.
  Signs untold(std::uint64_t client, Signs signs) const;
  /// They are told now.
  void tell(std::uint64_t client, Signs signs);
  /// Whether one of them was not counted of this client yet; they are now. Of threads that do so at
  /// once one alone is answered yes for a sign.
  bool count(std::uint64_t client, Signs signs);
  /// How many requests had a sign, by Sign.
  const std::array<std::uint64_t, kSigns>& counts() const { return counts_; }

 private:
  Word* place_of(std::uint64_t client) const;
  /// The word of what was told and counted of the client; of another one's nothing is left.
  static Word known_of(std::uint64_t client, Word word);
  /// True when the target continues a run of at least so many.
  bool follows(Word* place, std::uint64_t client, std::string_view target) const;

  std::span<Word> memory_;
  Sharing sharing_;
  BotSettings settings_;
  Window rate_;
  std::array<std::uint64_t, kSigns> counts_{};
};

}  // namespace limit
