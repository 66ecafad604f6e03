// What is drilled in the simulation, and what people do meanwhile.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "api/node.h"
#include "base/random.h"
#include "sim/api_client.h"
#include "sim/api_server.h"

namespace op {

enum class Scenario : std::uint8_t {
  Failover,      // two faults, a Service led elsewhere, a manifest; nobody interferes
  Observed,      // pods deleted and detached, the cluster mends itself
  Aborted,       // spec.abort at some time
  Deleted,       // the Drill is deleted at some time
  Scheduled,     // a slot each minute
  LeaderChange,  // two replicas; the leader is asked to end, or dies
  Stopped,       // the stop switch at some time, and away again
  Approved,      // a step waits for a person, who may come late
  Two,           // two drills of one target at the same moment
  Outage,        // the API server is away for a while
  Late,          // the runner's image comes when the operator is about to give the drill up
  Alone,         // the operator dies in mid-drill, and does not come back
  Guarded,       // runner and operator die in mid-drill: the guardian is alone
  Command,       // a command in a container that does its work late, whoever listens
  Held,          // somebody else's finalizer holds the runner's pod for some minutes
  Unheard,       // the runner stands still, and nobody ends it when its pod is gone
  Slow,          // what the runner writes to its target is long on its way, and at the server
  Replaced,      // the runner stands still, and each guardian dies after a few seconds
  TargetGone,    // a workload or a Service of the target is deleted at some time
  Labelled,      // as Observed, of pods that are named by their labels
};
inline constexpr std::array kScenarios = {
    Scenario::Failover,  Scenario::Observed,     Scenario::Aborted,    Scenario::Deleted,
    Scenario::Scheduled, Scenario::LeaderChange, Scenario::Stopped,    Scenario::Approved,
    Scenario::Two,       Scenario::Outage,       Scenario::Late,       Scenario::Alone,
    Scenario::Guarded,   Scenario::Command,      Scenario::Held,       Scenario::Unheard,
    Scenario::Slow,      Scenario::Replaced,     Scenario::TargetGone, Scenario::Labelled};
const char* name(Scenario scenario);

/// The objects of the cluster before anything happens, the plans among them, each with its kind.
std::vector<api::Node> objects_of_the_shop();
/// Of this name, of the plan that the scenario drills.
api::Node drill_named(const std::string& name, Scenario scenario);
api::Node schedule_each_minute();
/// The path of one of what the pair's plan names; its faults and steps touch all of them.
std::string a_part(base::Random& random);
/// Of Scenario::Held: a request that makes a runner's pod gives it a finalizer of somebody else.
void hold_runner(sim::ApiRequest& request);
sim::Weather bad_weather(base::Random& random);

}  // namespace op
