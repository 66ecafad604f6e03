// A fault of one sidecar, from its begin to its end: a lease that is renewed three times while it
// lasts, and is over by itself when nobody does. Plans of a machine and of a cluster say the same
// things of it; they differ in where the sidecar is found (SidecarPlace).
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "api/action.h"
#include "targets/sidecar_api.h"

namespace targets {

/// What it does, and how long a lease is: `action` … `leaseSeconds`.
std::vector<api::FieldSpec> sidecar_fault_fields();
/// Errors: InvalidArgument naming one of these fields, its value, and what is allowed.
base::Result<> check_sidecar_fault(const api::Node& params);
/// "Abort of 20 %"
std::string text_of_sidecar_fault(const api::Node& params);
/// A name that no other fault has.
std::string draw_sidecar_fault_id();

class SidecarLease {
 public:
  /// `params`: as the fields above. Lifetime: clock and place outlive it.
  SidecarLease(aio::Clock& clock, SidecarPlace& place, api::Node params, std::string id)
      : clock_(clock),
        place_(place),
        params_(std::move(params)),
        id_(std::move(id)),
        api_(clock, place) {}

  /// Whether the sidecar is there and lets us begin a fault; changes nothing.
  aio::Task<base::Result<>> look(std::stop_token stop);
  aio::Task<base::Result<>> begin(std::stop_token stop);
  /// When it was asked for what then began; nothing: not by this one.
  std::optional<base::TimePoint> begun() const { return begun_; }
  /// Until the sidecar says that it has the fault in force. Errors: NotFound: the sidecar is gone;
  /// Cancelled with what was seen last.
  aio::Task<base::Result<>> prove(std::stop_token stop);
  /// Renews it until stopped; its time has run since `begun`. Where that is not known it is renewed
  /// at once. Errors: it is in force no more.
  aio::Task<base::Result<>> keep(std::optional<base::TimePoint> begun, std::stop_token stop);
  /// A sidecar that cannot be asked has nothing in force when the lease is over: nobody renews it
  /// any more. Errors: Cancelled before that.
  aio::Task<base::Result<>> end(std::stop_token stop);

 private:
  api::Node fault() const;
  aio::Task<base::Result<>> renew(std::stop_token stop);
  base::Duration length() const { return base::seconds(params_["leaseSeconds"].as_int(10)); }

  aio::Clock& clock_;
  SidecarPlace& place_;
  api::Node params_;
  std::string id_;
  SidecarApi api_;
  std::optional<base::TimePoint> begun_;
};

}  // namespace targets
