// One request for a response goes to the application while others that want the same wait for what
// becomes of it. Pure; whoever shares it locks it.
//
// What turned out not to be kept is remembered for a while: requests for it go on at once, or all
// of them would go one behind another. What is made void while it is under way is not kept.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.h"

namespace sidecar {

class CacheFlights {
 public:
  using Ticket = std::uint64_t;  // 0: none
  using Wake = std::function<void()>;
  static constexpr std::size_t kPassesMax = 4096;

  bool under_way(const std::string& key) const { return flights_.contains(key); }
  /// Whoever asks first; under_way() was false.
  Ticket lead(const std::string& key, std::string uri, std::string path);
  /// `wake`: called once, when the flight is over, unless cancel() comes first. It must not call
  /// back. under_way() was true.
  Ticket wait(const std::string& key, Wake wake);
  void cancel(const std::string& key, Ticket waiter);
  /// True: what the leader has may be kept. Wakes everybody.
  bool land(const std::string& key, Ticket leader);

  /// What is under way is void when it comes.
  void spoil(std::string_view uri);
  void spoil_matching(std::string_view pattern);

  /// Until then nobody waits for this.
  void pass(const std::string& key, base::TimePoint until);
  bool passes(const std::string& key, base::TimePoint now);

 private:
  struct Waiter {
    Ticket ticket;
    Wake wake;
  };
  struct Flight {
    Ticket leader;
    std::string uri, path;
    bool spoiled = false;
    std::vector<Waiter> waiters;
  };

  Ticket last_ = 0;
  std::unordered_map<std::string, Flight> flights_;
  /// By the hash of the key: keys are long, and who meets another's hash only does not wait.
  std::unordered_map<std::size_t, base::TimePoint> passes_;
};

}  // namespace sidecar
