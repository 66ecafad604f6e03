#include "sidecar/protection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <sys/mman.h>
#include <utility>

#include <fmt/format.h>

#include "limit/pattern.h"

namespace sidecar {
namespace {

constexpr std::size_t kBotClients = 16'384;
constexpr std::size_t kPathMax = 4096;

limit::Settings limits_of(const ProtectionSettings& settings) {
  limit::Settings out;
  if (!settings.rules.empty()) out.rules = settings.rules;
  out.allow = settings.allow;
  out.deny = settings.deny;
  out.dry_run = settings.limiting == Limiting::DryRun;
  return out;
}

}  // namespace

base::Result<> check(const ProtectionSettings& settings) {
  TRY(limit::Rules::compile(limits_of(settings)));
  TRY(limit::parse_prefixes(settings.trusted_proxies));
  return {};
}

bool matches_any(const std::vector<std::string>& patterns, std::string_view target) {
  if (patterns.empty()) return false;
  std::array<char, kPathMax> buffer;  // not initialised: it is written before it is read
  const auto path = limit::plain_path(target, buffer);
  return path && std::ranges::any_of(patterns, [&](const std::string& pattern) {
           return limit::matches(pattern, *path);
         });
}

base::Result<MappedWords> MappedWords::map(std::size_t words) {
  void* const memory = mmap(nullptr, words * sizeof(limit::Word), PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    return base::fail(
        base::Code::ResourceExhausted,
        fmt::format("no memory for {} words of counters: {}", words, std::strerror(errno)));
  }
  return MappedWords({static_cast<limit::Word*>(memory), words});
}

MappedWords::MappedWords(MappedWords&& other) noexcept
    : words_(std::exchange(other.words_, std::span<limit::Word>())) {}

MappedWords& MappedWords::operator=(MappedWords&& other) noexcept {
  std::swap(words_, other.words_);
  return *this;
}

MappedWords::~MappedWords() {
  if (!words_.empty()) munmap(words_.data(), words_.size_bytes());
}

base::Result<std::shared_ptr<Counters>> Counters::create(std::size_t keys_max) {
  TRY(MappedWords counters, MappedWords::map(limit::Table::words_for(keys_max)));
  TRY(MappedWords bots, MappedWords::map(kBotClients * limit::BotWatch::kClientWords));
  return std::shared_ptr<Counters>(new Counters(std::move(counters), std::move(bots)));
}

Counters::Counters(MappedWords counters, MappedWords bots)
    : counters_(std::move(counters)), bots_(std::move(bots)), table_(counters_.words()) {}

base::Result<std::shared_ptr<Protection>> Protection::create(const ProtectionSettings& settings,
                                                             limit::FingerprintKey key,
                                                             std::shared_ptr<Counters> counters) {
  TRY(limit::Rules rules, limit::Rules::compile(limits_of(settings)));
  TRY(limit::PrefixSet trusted, limit::parse_prefixes(settings.trusted_proxies));
  return std::shared_ptr<Protection>(new Protection(std::move(rules), std::move(trusted),
                                                    settings.unlimited_paths, key,
                                                    std::move(counters), settings.bots));
}

Protection::Protection(limit::Rules rules, limit::PrefixSet trusted,
                       std::vector<std::string> unlimited, limit::FingerprintKey key,
                       std::shared_ptr<Counters> counters, limit::BotSettings bots)
    : rules_(std::move(rules)),
      trusted_(std::move(trusted)),
      unlimited_(std::move(unlimited)),
      identifier_(key),
      counters_(std::move(counters)),
      bots_(bots) {}

bool Protection::is_unlimited(std::string_view target) const {
  return matches_any(unlimited_, target);
}

}  // namespace sidecar
