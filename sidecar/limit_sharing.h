// Limits that hold over all replicas: every tenth of a second what this one let in goes to Redis,
// in one round trip, and what the replicas let in together raises the counters here
// (limit/sharing.h). No request knows of it. What is told while nobody hears is kept for ten
// seconds: after that it would be counted for a time in which it was not. When other rules come in
// force, what the old ones let in is told once more as far as Redis hears it, and then forgotten.
//
// While Redis is away each replica goes on by itself (fail-open), so that a client may get its
// quota at each of them. Who would rather serve nobody chooses fail-closed: Redis is then asked at
// least once a second, and when it was not heard for some time nothing that a rule counts is let
// in. What share of a quota would be this replica's own cannot be said: nobody here knows how many
// there are.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"
#include "limit/limiter.h"
#include "limit/sharing.h"
#include "sidecar/redis_link.h"
#include "sidecar/settings.h"
#include "sidecar/shared.h"

namespace sidecar {

/// Thread: that of the executor, which also puts rules in place; the logs are written by the cores.
class LimitSharing {
 public:
  /// Lifetime: `shared` outlives it.
  /// Errors: InvalidArgument for the address; what cannot be read of password and certificates.
  static base::Result<std::unique_ptr<LimitSharing>> create(aio::Clock& clock,
                                                            const aio::Executor& executor,
                                                            const RedisSettings& settings,
                                                            Shared& shared, std::uint64_t seed);

  /// Before any core begins: whether limits are closed until Redis is heard.
  void begin() { heed_silence(); }
  aio::Task<base::Result<>> run(std::stop_token stop);
  /// In the text format 0.0.4.
  std::string exposition() const;

 private:
  struct Told {  // of one batch
    std::uint64_t client;
    limit::LimitRef limit;
  };
  /// Rules, and what holds numbers of theirs. An answer that comes when others are in force is for
  /// those that it was asked under.
  struct InForce {
    InForce(std::shared_ptr<Protection> rules,
            std::vector<std::shared_ptr<limit::AdmissionLog>> of);
    std::uint64_t lost() const;

    const std::shared_ptr<Protection> protection;
    const std::vector<std::shared_ptr<limit::AdmissionLog>> logs;
    limit::Limiter limiter;
    std::vector<limit::Admissions> pending;
  };
  LimitSharing(aio::Clock& clock, Shared& shared, const RedisSettings& settings);
  void turn();
  void listen();
  void heed_silence();
  void collect(InForce& in_force);
  void tell(const std::shared_ptr<InForce>& in_force);
  void heard(InForce& in_force, const std::vector<Told>& told, const RedisLink::Answers& answers);
  void follow();

  aio::Clock& clock_;
  Shared& shared_;
  std::string prefix_;
  bool fail_closed_;
  base::Duration closed_after_;
  std::unique_ptr<RedisLink> link_;
  std::shared_ptr<InForce> in_force_;  // null: no limits
  std::uint64_t rounds_ = 0, told_ = 0, raised_ = 0, dropped_ = 0;
  std::uint64_t asked_ = 0;  // counts that were sent and are not answered
  base::TimePoint heard_{};  // when Redis last wrote what it was asked; at first the beginning
};

}  // namespace sidecar
