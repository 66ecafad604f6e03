#include "limit/bots.h"

#include <algorithm>
#include <atomic>

#include "base/check.h"
#include "limit/letters.h"
#include "limit/sip_hash.h"

namespace limit {
namespace {

// A place: the word of the run, the two of the rate, and the one of what was told of the client.
// The run: whose it is (20 bits), the rest of the target (16), the number (20), its length (8).
constexpr unsigned kRunBits = 8;
constexpr unsigned kNumberBits = 20;
constexpr unsigned kRestBits = 16;
constexpr Word kRunMax = (Word{1} << kRunBits) - 1;
constexpr Word kNumberMask = (Word{1} << kNumberBits) - 1;
constexpr Word kRestMask = (Word{1} << kRestBits) - 1;
constexpr unsigned kOwnerShift = kRestBits + kNumberBits + kRunBits;
constexpr int kRateWords = 2;
constexpr std::size_t kToldAt = 3;
constexpr Word kSignsMask = (Word{1} << kSigns) - 1;
constexpr Word kKnownMask = (Word{1} << (2 * kSigns)) - 1;  // told, and counted above them

constexpr std::array<std::string_view, 24> kPrograms = {
    "crawl",       "spider",     "scrap",    "curl/",     "wget",     "python-",
    "aiohttp",     "urllib",     "java/",    "go-http",   "okhttp",   "libwww",
    "http-client", "httpclient", "headless", "phantomjs", "selenium", "puppeteer",
    "playwright",  "node-fetch", "axios/",   "httpx",     "postman",  "guzzle"};

constexpr std::array<std::string_view, 12> kLoaded = {".css", ".js",  ".mjs",  ".map",
                                                      ".png", ".jpg", ".jpeg", ".gif",
                                                      ".svg", ".ico", ".webp", ".woff2"};

/// "bot" at the end of a word: "Googlebot/2.1", "bingbot", "robot"; not "bottle", nor the maker of
/// telephones that is called Cubot.
bool names_bot(std::string_view agent) {
  for (std::size_t at = find_letters(agent, "bot"); at != agent.npos;
       at = find_letters(agent, "bot", at + 1)) {
    const bool ends =
        at + 3 == agent.size() || lower(agent[at + 3]) < 'a' || lower(agent[at + 3]) > 'z';
    const bool telephone = at >= 2 && same_letters(agent.substr(at - 2, 2), "cu");
    if (ends && !telephone) return true;
  }
  return false;
}

bool names_program(std::string_view agent) {
  return names_bot(agent) ||
         std::any_of(kPrograms.begin(), kPrograms.end(), [agent](std::string_view program) {
           return find_letters(agent, program) != agent.npos;
         });
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::uint32_t rest_hash(std::string_view before, std::string_view after) {
  std::uint64_t state = before.size();
  for (const char c : before) state = (state ^ static_cast<unsigned char>(c)) * 0x100'0000'01B3U;
  state = spread(state);
  for (const char c : after) state = (state ^ static_cast<unsigned char>(c)) * 0x100'0000'01B3U;
  return static_cast<std::uint32_t>(spread(state) & kRestMask);
}

struct Run {
  Word rest;
  Word number;
  Word length;
};

Run run_of(Word word) {
  return {word >> (kNumberBits + kRunBits) & kRestMask, word >> kRunBits & kNumberMask,
          word & kRunMax};
}

Word packed(std::uint64_t owner, const Run& run) {
  return owner << kOwnerShift | run.rest << (kNumberBits + kRunBits) | run.number << kRunBits |
         run.length;
}

std::uint64_t owner_of(std::uint64_t client) {
  const std::uint64_t owner = client & kNumberMask;
  return owner == 0 ? 1 : owner;  // never that of an unused word
}

}  // namespace

const char* name(Sign sign) {
  switch (sign) {
    case Sign::RequestRate: return "request_rate";
    case Sign::EmptyAgent: return "empty_agent";
    case Sign::BotAgent: return "bot_agent";
    case Sign::MissingHeaders: return "missing_headers";
    case Sign::SequentialPages: return "sequential_pages";
  }
  return "request_rate";
}

Signs agent_signs(std::string_view user_agent) {
  Signs signs;
  if (user_agent.find_first_not_of(" \t") == user_agent.npos) {
    signs.add(Sign::EmptyAgent);
  } else if (names_program(user_agent)) {
    signs.add(Sign::BotAgent);
  }
  return signs;
}

Signs signs_of(const Look& look) {
  Signs signs = look.agent ? *look.agent : agent_signs(look.user_agent);
  const int missing = (look.has_accept ? 0 : 1) + (look.has_accept_encoding ? 0 : 1) +
                      (look.has_accept_language ? 0 : 1);
  if (missing >= 2) signs.add(Sign::MissingHeaders);
  return signs;
}

std::optional<Page> page_of(std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  // The longest of them is ".woff2".
  const std::string_view last = path.substr(path.size() - std::min<std::size_t>(path.size(), 6));
  const bool loaded = last.find('.') != last.npos &&
                      std::any_of(kLoaded.begin(), kLoaded.end(), [path](std::string_view end) {
                        return path.size() >= end.size() &&
                               same_letters(path.substr(path.size() - end.size()), end);
                      });
  if (loaded) return std::nullopt;
  std::size_t end = target.size();
  while (end > 0 && !is_digit(target[end - 1])) --end;
  if (end == 0) return std::nullopt;
  std::size_t start = end;
  std::uint64_t number = 0, scale = 1;
  while (start > 0 && is_digit(target[start - 1])) {
    --start;
    // Pages far apart may share the lower bits; pages in a row do not.
    number = (number + scale * static_cast<std::uint64_t>(target[start] - '0')) & kNumberMask;
    scale = scale * 10 & kNumberMask;
  }
  return Page{static_cast<std::uint32_t>(number),
              rest_hash(target.substr(0, start), target.substr(end))};
}

BotWatch::BotWatch(std::span<Word> memory, Sharing sharing, BotSettings settings)
    : memory_(memory),
      sharing_(sharing),
      settings_(settings),
      rate_({settings.requests_max, kRateWindow}, kRateWords) {
  CHECK(settings.pages_min >= 1 && settings.pages_min <= kPagesMost);
  CHECK(memory.size() >= kClientWords && memory.size() / kClientWords <= 0xFFFF'FFFFU);
}

bool BotWatch::follows(Word* place, std::uint64_t client, std::string_view target) const {
  const std::uint64_t owner = owner_of(client);
  std::atomic_ref<Word> word(*place);
  const Word seen = word.load(std::memory_order_relaxed);
  const bool own = seen >> kOwnerShift == owner;
  if (!own) {
    for (int i = 0; i < kRateWords; ++i) {
      std::atomic_ref<Word>(place[1 + i]).store(0, std::memory_order_relaxed);
    }
  }
  Run run = own ? run_of(seen) : Run{0, 0, 0};
  if (const auto page = page_of(target)) {
    const bool same = run.length > 0 && page->rest == run.rest;
    const bool again = same && page->number == run.number;
    const bool next = same && page->number == ((run.number + 1) & kNumberMask);
    if (next) {
      run.length = std::min(run.length + 1, kRunMax);
    } else if (!again) {
      run.length = 1;
    }
    run.rest = page->rest;
    run.number = page->number;
  }
  const Word now = packed(owner, run);
  if (now != seen) word.store(now, std::memory_order_relaxed);
  return run.length > settings_.pages_min;  // the first page of a run followed nothing
}

Word* BotWatch::place_of(std::uint64_t client) const {
  const std::uint64_t places = memory_.size() / kClientWords;
  return memory_.data() + ((client >> 32U) * places >> 32U) * kClientWords;
}

Signs BotWatch::untold(std::uint64_t client, Signs signs) const {
  const Word word =
      std::atomic_ref<Word>(place_of(client)[kToldAt]).load(std::memory_order_relaxed);
  return signs.without(Signs::of(static_cast<int>(known_of(client, word) & kSignsMask)));
}

void BotWatch::tell(std::uint64_t client, Signs signs) {
  std::atomic_ref<Word> word(place_of(client)[kToldAt]);
  Word seen = word.load(std::memory_order_relaxed), now = 0;
  do {
    now = owner_of(client) << kOwnerShift | known_of(client, seen) | signs.bits();
  } while (!word.compare_exchange_weak(seen, now, std::memory_order_relaxed));
}

bool BotWatch::count(std::uint64_t client, Signs signs) {
  const Word wanted = Word{signs.bits()} << kSigns;
  std::atomic_ref<Word> word(place_of(client)[kToldAt]);
  Word seen = word.load(std::memory_order_relaxed);
  for (;;) {
    const Word known = known_of(client, seen);
    if ((known & wanted) == wanted) return false;
    const Word now = owner_of(client) << kOwnerShift | known | wanted;
    if (word.compare_exchange_weak(seen, now, std::memory_order_relaxed)) return true;
  }
}

Word BotWatch::known_of(std::uint64_t client, Word word) {
  return word >> kOwnerShift == owner_of(client) ? word & kKnownMask : 0;
}

Signs BotWatch::look(const Look& look, base::TimePoint now) {
  Word* const place = place_of(look.client);
  Signs signs = signs_of(look);
  if (follows(place, look.client, look.target)) signs.add(Sign::SequentialPages);
  const Moment moment = rate_.at(now);
  rate_.count(place + 1, moment, sharing_);
  if (rate_.estimate(place + 1, moment) > settings_.requests_max) signs.add(Sign::RequestRate);
  for (std::size_t i = 0; i < kSigns; ++i) {
    if (signs.has(static_cast<Sign>(i))) ++counts_[i];
  }
  return signs;
}

}  // namespace limit
