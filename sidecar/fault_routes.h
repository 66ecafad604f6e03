// Faults on lease over the admin API, for whoever has its token:
//   GET    /api/faults               those that are in force
//   POST   /api/faults               begins one (fault_json.h)
//   PUT    /api/faults/{id}          {"owner": …, "leaseSeconds": …}: from now on so long
//   DELETE /api/faults/{id}?owner=…  ends it; without an owner whoever's it is
// Answers: the fault in JSON, or {"error": …}: 400 what is wrong, 403 another's, 404 not in
// force, 409 a name that is taken or too many, 503 the sidecar is draining. Each begin and end is a
// line of the log.
#pragma once

#include <functional>

#include "net/http_server.h"
#include "sidecar/admin.h"
#include "sidecar/faults.h"
#include "sidecar/settings.h"

namespace sidecar {

inline constexpr std::string_view kFaultsPath = "/api/faults";

/// Lifetime: `faults` outlives `admin`. `now`: the steady clock.
void add_fault_routes(Admin& admin, Faults& faults, Mode mode,
                      std::function<base::TimePoint()> now);

net::HttpReply list_faults(const Faults& faults, base::TimePoint now);
net::HttpReply begin_fault(Faults& faults, Mode mode, const net::HttpRequest& request,
                           base::TimePoint now);
net::HttpReply renew_fault(Faults& faults, const net::HttpRequest& request, base::TimePoint now);
net::HttpReply end_fault(Faults& faults, const net::HttpRequest& request, base::TimePoint now);

/// Takes out those whose lease is over and says so in the log.
void sweep_faults(Faults& faults, base::TimePoint now);

}  // namespace sidecar
