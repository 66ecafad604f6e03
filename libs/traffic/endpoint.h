// Which endpoint a path belongs to, as a small number that labels and tables of figures can use:
// by the profile's rules first, in their order, and else by the path's template (template.h). There
// are never more endpoints than the bound; all others are one, "other", with the number 0.
//
// What an attacker can do with it. Rules have their numbers from the start, and nothing takes them
// away. A template gets one only when the application has answered it with a status below 400 that
// is not 301 or 308 (which send any path elsewhere): a scan for pages that do not exist teaches
// nothing. Where an application answers every path with 200, anybody can use up the bound, and
// endpoints that nobody has called before are then "other" until the process ends; memory and time
// stay bounded, rules keep working, and full() tells it. The table's hash is not keyed: chosen
// paths can make a look-up compare as many texts as there are endpoints, which is microseconds.
//
// Thread: any number at once. Looking up takes no lock and allocates nothing; learning takes a lock
// and happens at most as often as the bound.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "traffic/endpoint_rule.h"

namespace traffic {

using EndpointId = std::uint16_t;
inline constexpr EndpointId kOtherEndpoint = 0;

struct EndpointSpec {
  std::vector<std::string> rules;  // at most 128
  bool automatic = true;           // without: what no rule names is "other"
  std::size_t most = 200;          // of rules and templates together, 1 … 1,000
};

class Endpoints {
 public:
  /// Errors: InvalidArgument: a rule that is refused or there twice, more rules than 128 or than
  /// `most`, a `most` that is not allowed.
  static base::Result<std::unique_ptr<Endpoints>> create(const EndpointSpec& spec);

  /// The endpoint of a path that was answered with a status; learns it where that is allowed.
  EndpointId learn(std::string_view path, int status);
  /// The endpoint of a path, as far as it is known.
  EndpointId find(std::string_view path) const;

  /// "/users/{id}/orders"; "other" for 0 and for what is no endpoint. Lifetime: this object's.
  std::string_view name(EndpointId id) const;
  /// Endpoints there are, "other" among them; their numbers are 0 … size() - 1.
  std::size_t size() const { return size_.load(std::memory_order_acquire); }
  /// Endpoints there may ever be, "other" among them.
  std::size_t most() const { return most_ + 1; }
  bool full() const { return size() == most(); }

 private:
  struct Entry {
    std::size_t hash;
    std::string text;
    EndpointId id;
  };
  using Slot = std::atomic<const Entry*>;

  Endpoints(std::vector<EndpointRule> rules, bool automatic, std::size_t most);
  EndpointId rule_of(const Segments& segments) const;
  const Entry* look_up(std::string_view text, std::size_t hash) const;
  EndpointId add(std::string_view text, std::size_t hash);
  EndpointId append(std::string_view text, std::size_t hash);

  std::vector<EndpointRule> rules_;  // the rule i is the endpoint i + 1
  bool automatic_;
  std::size_t most_;
  std::vector<Slot> slots_;  // open addressing, at most half full; entries are never taken out
  std::vector<Slot> by_id_;  // of most() places
  std::atomic<std::size_t> size_{1};
  std::mutex learning_;
  std::vector<std::unique_ptr<const Entry>> entries_;  // under learning_
};

}  // namespace traffic
