// What a request pays for its fingerprint and its limits: three windows (10 s, 1 h, 1 d) for the
// client and for the fingerprint, 10,000 clients in random order, time that moves on by a tick of
// 1 ms every 64 requests. Beside it, in the same run, what one writes first: an HMAC context per
// message, a hexadecimal key, and an unordered_map of exact counters under a mutex.
// Defends the limiter's figures in docs/performance.md: build/release/bench/limit_decision
#include <array>
#include <benchmark/benchmark.h>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <sys/mman.h>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "crypto/hash.h"
#include "limit/limiter.h"

namespace {

constexpr std::size_t kClients = 10'000;
constexpr std::size_t kOrder = 1U << 16U;  // requests until the order repeats
constexpr std::string_view kSecret = "a key of this program, 32 bytes.";
constexpr std::int64_t kStart = 1'000'000'000'000'000;

struct Person {
  limit::Address address;
  std::string_view user_agent;
  std::string_view accept_language;
};

std::vector<std::string> agents() {
  std::vector<std::string> all;
  for (int i = 0; i < 64; ++i) {
    all.push_back(
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/" +
        std::to_string(80 + i) + ".0.0.0 Safari/537.36");
  }
  return all;
}

const std::vector<Person>& people() {
  static const std::vector<std::string> user_agents = agents();
  static const std::vector<Person> all = [] {
    std::vector<Person> made;
    for (std::size_t i = 0; i < kClients; ++i) {
      made.push_back({limit::Address::v4(0xC000'0000U + static_cast<std::uint32_t>(i * 7919)),
                      user_agents[i % user_agents.size()], "de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7"});
    }
    return made;
  }();
  return all;
}

const std::vector<std::uint32_t>& order() {
  static const std::vector<std::uint32_t> drawn = [] {
    base::Random random(1);
    std::vector<std::uint32_t> made;
    for (std::size_t i = 0; i < kOrder; ++i) {
      made.push_back(static_cast<std::uint32_t>(random.below(kClients)));
    }
    return made;
  }();
  return drawn;
}

limit::Traits traits_of(const Person& person) {
  return {person.address, person.user_agent, person.accept_language, {}};
}

/// Zeroed pages that cost nothing until they are used, as the sidecar maps them.
class Pages {
 public:
  explicit Pages(std::size_t words)
      : bytes_(words * sizeof(limit::Word)),
        start_(mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    if (start_ == MAP_FAILED) std::abort();
  }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  ~Pages() { munmap(start_, bytes_); }
  std::span<limit::Word> words() const {
    return {static_cast<limit::Word*>(start_), bytes_ / sizeof(limit::Word)};
  }

 private:
  std::size_t bytes_;
  void* start_;
};

limit::Rules rules_with(std::uint32_t quota) {
  limit::Settings settings;
  settings.rules = {
      {"bench",
       {},
       {{quota, base::seconds(10)}, {quota, base::seconds(3600)}, {quota, base::seconds(86400)}}}};
  return limit::Rules::compile(settings).value();
}

/// A limiter, its table for 64k clients and as many fingerprints, and the clients' connections.
struct Setting {
  explicit Setting(limit::Sharing sharing, std::uint32_t quota = limit::kQuotaMax)
      : rules(rules_with(quota)),
        pages(limit::Table::words_for(1U << 17U)),
        table(pages.words()),
        limiter(rules, table, sharing) {}

  limit::Decision decide(const Person& person, const limit::Subject& subject, std::size_t number) {
    limit::Request request;
    request.client = person.address;
    request.subject = subject;
    request.method = "GET";
    request.target = "/api/items?page=3";
    const auto tick = static_cast<std::int64_t>(number / 64) * 1'000'000;
    return limiter.decide(request, base::TimePoint(base::Duration(kStart + tick)));
  }

  limit::Identifier identifier{limit::FingerprintKey::from(kSecret).value()};
  limit::KnownStarts starts;
  limit::Rules rules;
  Pages pages;
  limit::Table table;
  limit::Limiter limiter;
};

limit::Sharing sharing_of(const benchmark::State& state) {
  return state.range(0) == 0 ? limit::Sharing::OneThread : limit::Sharing::Threads;
}

void fingerprint_and_decision(benchmark::State& state) {
  Setting setting(sharing_of(state));
  std::size_t number = 0;
  for (auto step : state) {
    (void)step;
    const Person& person = people()[order()[number % kOrder]];
    limit::Subject subject{setting.identifier.client_key(person.address), {}};
    setting.limiter.prefetch(subject.client, limit::Bucket::Client);
    subject.fingerprint = setting.identifier.fingerprint(traits_of(person), setting.starts);
    benchmark::DoNotOptimize(setting.decide(person, subject, number));
    ++number;
  }
}
BENCHMARK(fingerprint_and_decision)->ArgName("threads")->Arg(0)->Arg(1);

void touch(const limit::FingerprintCache& cache) {
  const char* const start = reinterpret_cast<const char*>(&cache);
  for (std::size_t at = 0; at < 256; at += 64) __builtin_prefetch(start + at);
}

/// `ahead`: the connection's own memory is fetched some requests before, as it is where a server
/// has just read from it; else it comes from wherever ten thousand other connections left it.
void cached(benchmark::State& state, std::size_t ahead, std::size_t clients = kClients) {
  Setting setting(sharing_of(state));
  std::vector<limit::FingerprintCache> caches(kClients);
  std::size_t number = 0;
  for (auto step : state) {
    (void)step;
    if (ahead > 0) touch(caches[order()[(number + ahead) % kOrder]]);
    const std::size_t who = order()[number % kOrder] % clients;
    const Person& person = people()[who];
    const limit::Subject& last = caches[who].last();
    setting.limiter.prefetch(last.client, limit::Bucket::Client);
    setting.limiter.prefetch(last.fingerprint.value, limit::Bucket::Fingerprint);
    const limit::Subject& subject =
        caches[who].subject(setting.identifier, setting.starts, traits_of(person));
    benchmark::DoNotOptimize(setting.decide(person, subject, number));
    ++number;
  }
}

void cached_and_decision(benchmark::State& state) {
  cached(state, 0);
}
BENCHMARK(cached_and_decision)->ArgName("threads")->Arg(0)->Arg(1);

void cached_and_decision_warm_connection(benchmark::State& state) {
  cached(state, 4);
}
BENCHMARK(cached_and_decision_warm_connection)->ArgName("threads")->Arg(0)->Arg(1);

/// What is left when nothing has to be fetched from memory: the same for 64 clients.
void cached_and_decision_64_clients(benchmark::State& state) {
  cached(state, 0, 64);
}
BENCHMARK(cached_and_decision_64_clients)->ArgName("threads")->Arg(0)->Arg(1);

void refusal_of_a_rotating_client(benchmark::State& state) {
  Setting setting(limit::Sharing::OneThread, 500);
  std::uint64_t refused = 0;
  std::size_t number = 0;
  for (auto step : state) {
    (void)step;
    const limit::Subject subject{77, {limit::spread(number + 1)}};
    const auto decision = setting.decide(people()[0], subject, number);
    refused += decision.verdict == limit::Verdict::Refuse ? 1U : 0U;
    ++number;
  }
  state.counters["refused_percent"] =
      100.0 * static_cast<double>(refused) / static_cast<double>(state.iterations());
}
BENCHMARK(refusal_of_a_rotating_client);

void flood_of_new_clients(benchmark::State& state) {
  Setting setting(limit::Sharing::OneThread, 500);
  base::Random random(2);
  std::size_t number = 0;
  for (auto step : state) {
    (void)step;
    const limit::Subject subject{random.next(), {random.next()}};
    benchmark::DoNotOptimize(setting.decide(people()[0], subject, number));
    ++number;
  }
  state.counters["evictions"] = static_cast<double>(setting.table.evictions());
}
BENCHMARK(flood_of_new_clients)->Iterations(1'000'000);

void fingerprint_alone(benchmark::State& state) {
  const limit::Identifier identifier{limit::FingerprintKey::from(kSecret).value()};
  limit::KnownStarts starts;
  std::size_t number = 0;
  for (auto step : state) {
    (void)step;
    const Person& person = people()[order()[number++ % kOrder]];
    benchmark::DoNotOptimize(identifier.subject(traits_of(person), starts));
  }
}
BENCHMARK(fingerprint_alone);

/// Nobody has the User-Agent of anybody before.
void fingerprint_of_ever_new_agents(benchmark::State& state) {
  const limit::Identifier identifier{limit::FingerprintKey::from(kSecret).value()};
  limit::KnownStarts starts;
  std::string agent = agents().front();
  std::uint64_t number = 0;
  for (auto step : state) {
    (void)step;
    std::memcpy(agent.data(), &++number, sizeof number);
    limit::Traits traits = traits_of(people()[order()[number % kOrder]]);
    traits.user_agent = agent;
    benchmark::DoNotOptimize(identifier.subject(traits, starts));
  }
}
BENCHMARK(fingerprint_of_ever_new_agents);

/// The peer: exact counts in windows that begin with their first request.
struct Exact {
  std::array<std::int64_t, 3> start{};
  std::array<std::uint32_t, 3> count{};
};

class Peer {
 public:
  bool admit(const std::string& key, std::int64_t now) {
    constexpr std::array<std::int64_t, 3> kWindows = {10'000'000'000, 3'600'000'000'000,
                                                      86'400'000'000'000};
    const std::lock_guard<std::mutex> lock(mutex_);
    Exact& exact = clients_[key];
    bool admitted = true;
    for (std::size_t i = 0; i < kWindows.size(); ++i) {
      if (now - exact.start[i] >= kWindows[i]) exact = renewed(exact, i, now);
      admitted = admitted && exact.count[i] < limit::kQuotaMax;
    }
    if (!admitted) return false;
    for (std::uint32_t& count : exact.count) ++count;
    return true;
  }

 private:
  static Exact renewed(Exact exact, std::size_t window, std::int64_t now) {
    exact.start[window] = now;
    exact.count[window] = 0;
    return exact;
  }
  std::mutex mutex_;
  std::unordered_map<std::string, Exact> clients_;
};

std::string peer_key(crypto::Hmac& hmac, const Person& person) {
  std::string message = limit::text(person.address);
  message.append("|").append(person.user_agent).append("|").append(person.accept_language);
  message.append("|");
  return crypto::hex(hmac.sign(message)).substr(0, 16);
}

void peer_fingerprint_and_decision(benchmark::State& state) {
  Peer clients, prints;
  crypto::Hmac hmac(kSecret);
  std::size_t number = 0;
  for (auto step : state) {
    (void)step;
    const Person& person = people()[order()[number % kOrder]];
    const std::int64_t now = kStart + static_cast<std::int64_t>(number / 64) * 1'000'000;
    ++number;
    const bool admitted = clients.admit(limit::text(person.address), now) &&
                          prints.admit(peer_key(hmac, person), now);
    benchmark::DoNotOptimize(admitted);
  }
}
BENCHMARK(peer_fingerprint_and_decision);

void peer_decision_with_known_keys(benchmark::State& state) {
  Peer clients, prints;
  crypto::Hmac hmac(kSecret);
  std::vector<std::array<std::string, 2>> keys;
  for (const Person& person : people()) {
    keys.push_back({limit::text(person.address), peer_key(hmac, person)});
  }
  std::size_t number = 0;
  for (auto step : state) {
    (void)step;
    const std::array<std::string, 2>& key = keys[order()[number % kOrder]];
    const std::int64_t now = kStart + static_cast<std::int64_t>(number / 64) * 1'000'000;
    ++number;
    benchmark::DoNotOptimize(clients.admit(key[0], now) && prints.admit(key[1], now));
  }
}
BENCHMARK(peer_decision_with_known_keys);

void peer_hmac_alone(benchmark::State& state) {
  crypto::Hmac hmac(kSecret);
  std::size_t number = 0;
  for (auto step : state) {
    (void)step;
    benchmark::DoNotOptimize(peer_key(hmac, people()[order()[number++ % kOrder]]));
  }
}
BENCHMARK(peer_hmac_alone);

}  // namespace

BENCHMARK_MAIN();
