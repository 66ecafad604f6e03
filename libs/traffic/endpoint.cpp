#include "traffic/endpoint.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <set>
#include <utility>

#include "traffic/template.h"

namespace traffic {

namespace {

constexpr std::size_t kRulesMost = 128;
constexpr std::size_t kEndpointsMost = 1000;

std::size_t hash_of(std::string_view text) {
  return std::hash<std::string_view>{}(text);
}

/// Whether an answer shows that the application knows the path.
bool teaches(int status) {
  return status >= 100 && status < 400 && status != 301 && status != 308;
}

}  // namespace

base::Result<std::unique_ptr<Endpoints>> Endpoints::create(const EndpointSpec& spec) {
  if (spec.most < 1 || spec.most > kEndpointsMost) {
    return base::fail(base::Code::InvalidArgument,
                      "endpoints: " + std::to_string(spec.most) + ": allowed are 1 to 1,000");
  }
  const std::size_t rules_most = std::min(kRulesMost, spec.most);
  if (spec.rules.size() > rules_most) {
    return base::fail(base::Code::InvalidArgument,
                      "endpoint rules: " + std::to_string(spec.rules.size()) + ": at most " +
                          std::to_string(rules_most) + " are allowed");
  }
  std::vector<EndpointRule> rules;
  std::set<std::string_view> seen;
  for (const std::string& text : spec.rules) {
    TRY(auto rule, EndpointRule::parse(text));
    if (!seen.insert(text).second) {
      return base::fail(base::Code::InvalidArgument, "endpoint '" + text + "' is there twice");
    }
    rules.push_back(std::move(rule));
  }
  return std::unique_ptr<Endpoints>(new Endpoints(std::move(rules), spec.automatic, spec.most));
}

Endpoints::Endpoints(std::vector<EndpointRule> rules, bool automatic, std::size_t most)
    : rules_(std::move(rules)),
      automatic_(automatic),
      most_(most),
      slots_(std::bit_ceil(2 * (most + 1))),
      by_id_(most + 1) {
  entries_.reserve(most);
  // Rules are found by matching, not by their text: a template that reads the same is the same.
  for (const EndpointRule& rule : rules_) append(rule.text(), hash_of(rule.text()));
}

const Endpoints::Entry* Endpoints::look_up(std::string_view text, std::size_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    const Entry* const entry = slots_[at].load(std::memory_order_acquire);
    if (entry == nullptr) return nullptr;
    if (entry->hash == hash && entry->text == text) return entry;
  }
}

EndpointId Endpoints::rule_of(const Segments& segments) const {
  for (std::size_t at = 0; at < rules_.size(); ++at) {
    if (rules_[at].matches(segments)) return static_cast<EndpointId>(at + 1);
  }
  return kOtherEndpoint;
}

EndpointId Endpoints::find(std::string_view path) const {
  const Segments segments(path);
  if (!segments.path()) return kOtherEndpoint;
  const EndpointId rule = rule_of(segments);
  if (rule != kOtherEndpoint || !automatic_) return rule;
  const Template made(segments);
  const Entry* const known = look_up(made.text(), hash_of(made.text()));
  return known == nullptr ? kOtherEndpoint : known->id;
}

EndpointId Endpoints::learn(std::string_view path, int status) {
  const Segments segments(path);
  if (!segments.path()) return kOtherEndpoint;
  const EndpointId rule = rule_of(segments);
  if (rule != kOtherEndpoint || !automatic_) return rule;
  const Template made(segments);
  const std::size_t hash = hash_of(made.text());
  if (const Entry* const known = look_up(made.text(), hash)) return known->id;
  // A full table never takes the lock: it is what an attacker would make every request do.
  if (!teaches(status) || full()) return kOtherEndpoint;
  return add(made.text(), hash);
}

EndpointId Endpoints::add(std::string_view text, std::size_t hash) {
  const std::lock_guard lock(learning_);
  // Another thread may have learned it, or taken the last place, since the look-up.
  if (const Entry* const known = look_up(text, hash)) return known->id;
  if (full()) return kOtherEndpoint;
  return append(text, hash);
}

EndpointId Endpoints::append(std::string_view text, std::size_t hash) {
  const auto id = static_cast<EndpointId>(size_.load(std::memory_order_relaxed));
  entries_.push_back(std::make_unique<const Entry>(Entry{hash, std::string(text), id}));
  const Entry* const entry = entries_.back().get();
  by_id_[id].store(entry, std::memory_order_release);
  // Before the entry can be found: who has a number can ask for its name.
  size_.store(id + std::size_t{1}, std::memory_order_release);
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  while (slots_[at].load(std::memory_order_relaxed) != nullptr) at = (at + 1) & mask;
  slots_[at].store(entry, std::memory_order_release);
  return id;
}

std::string_view Endpoints::name(EndpointId id) const {
  if (id == kOtherEndpoint || id >= size()) return "other";
  return by_id_[id].load(std::memory_order_acquire)->text;
}

}  // namespace traffic
