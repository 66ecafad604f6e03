// The `postgres` probe as a plan names it: its table of fields, and its streams
// (probes/pg_probe.h).
#pragma once

#include <memory>

#include "net/connection.h"
#include "probes/pg_probe.h"
#include "probes/probe_kind.h"

namespace probes {

std::unique_ptr<ProbeKind> postgres_probe();

/// How an instance of a system is reached: its address, or the folder of its private socket.
/// `names`: where its name is looked up; null: as this machine does.
/// Errors: InvalidArgument for an address that is none, or an instance that is no database.
base::Result<PgAddress> pg_address(const api::InstanceSpec& instance,
                                   std::shared_ptr<net::Names> names);
/// A service is reached with user and database of the given instance.
base::Result<PgAddress> pg_service_address(const api::ServiceSpec& service,
                                           const api::InstanceSpec& like,
                                           std::shared_ptr<net::Names> names);

/// The probe's parameters, resolved.
base::Result<PgProbe> pg_probe_of(const api::LocalSystem& system,
                                  const std::shared_ptr<net::Names>& names, const std::string& name,
                                  const api::Node& params, base::Duration deadline_default);

}  // namespace probes
