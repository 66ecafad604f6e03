// What both vantages of these tests measure: one PostgreSQL, by a small plan.
#pragma once

#include <string>

#include "api/local_system.h"
#include "api/recovery_plan.h"

namespace runner {

inline api::LocalSystem measured_system(const std::string& port) {
  api::LocalSystem out;
  const std::string address = "127.0.0.1:" + port;
  api::InstanceSpec instance;
  instance.name = "a";
  instance.address = address;
  instance.postgres = api::PostgresSpec{"postgres", "postgres", "", ""};
  out.instances.push_back(instance);
  api::ServiceSpec service;
  service.name = "db";
  service.address = address;
  out.services.push_back(service);
  return out;
}

inline api::RecoveryPlan measured_plan() {
  api::RecoveryPlan out;
  out.name = "orders";
  api::ProbeSpec probe;
  probe.name = "orders";
  probe.action.kind = "postgres";
  probe.action.params = api::Node::map()
                            .set("service", "db")
                            .set("instances", api::Node::strings({"a"}))
                            .set("writesPerSecond", 100)
                            .set("intervalMillis", 100)
                            .set("deadlineMillis", 500)
                            .set("ackTimeoutSeconds", 2);
  out.probes.push_back(probe);
  return out;
}

}  // namespace runner
