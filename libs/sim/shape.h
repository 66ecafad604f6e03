// A recovery plan as the simulation sees it: what its parts do to the processes, databases, routes
// and links of its system, how that system stands at first, and how it must stand at the end. All
// of it follows from the plan and its system, so a new plan is simulated without a line of code.
//
// The scripts of a system are not run. What they do is told by their names where it matters to the
// order of things (rejoin.sh, disk.sh, restore.sh, sidecar.sh, `serve`); any other command is a
// switch: it is set by the command, and put back by its undo or by another command with the words
// of that undo.
//
// A system that was drilled is whole if it stands as at first or, after a promotion, as the plan
// leaves it when nothing goes wrong: faults, recovery, what is always undone, failback. Anything
// between the two is broken.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/local_system.h"
#include "api/recovery_plan.h"
#include "drill/engine_config.h"

namespace sim {

enum class Verb : std::uint8_t {
  None,
  Kill,
  Suspend,
  Continue,
  Start,
  Stop,
  Cut,
  Heal,
  Add,     // a server to a service
  Remove,  // a server of a service
  Only,    // this server
  Routes,  // exactly these servers
  Promote,
  Rejoin,
  Serve,    // an instance: all that leads users to it
  Destroy,  // the data of an instance
  Return,
  Lay,  // a backup on an instance
  Clear,
  Set,  // a switch: a command
  Unset,
  AwaitBad,
  AwaitGood,
  AwaitPrimary,
  AwaitStandby,
  AwaitCaughtUp,
  AwaitDown,
  AwaitGone,
  AwaitRunning,
  AwaitSuspended,
  AwaitNothing  // what the simulation knows nothing of
};

/// Something that is done to the target, or waited for.
struct Deed {
  Verb verb = Verb::None;
  std::uint32_t object = 0;   // a process, an instance, a link, a service or a switch
  std::uint32_t servers = 0;  // of a service: one, or for Routes a set of bits
  bool operator==(const Deed&) const = default;
};
std::string to_string(const Deed& deed);
bool parse(const std::string& text, Deed& deed);
bool is_wait(const Deed& deed);

/// Roots are pid files: several processes of a system may share one (a node and its server).
struct Layout {
  struct Process {
    std::string name;
    std::vector<std::uint32_t> roots;
  };
  struct Instance {
    std::string name;
    std::vector<std::uint32_t> roots;  // of its process
    std::vector<std::uint32_t> node;   // of every process that has them
    std::uint32_t link = 0;            // the link that cuts it off
    bool database = false;
  };
  struct Service {
    std::string name;
    std::vector<std::uint32_t> servers;  // instances
  };
  std::vector<Process> processes;
  std::vector<Instance> instances;
  std::vector<Service> services;
  std::vector<std::string> roots, links, switches;  // names
  bool automatic = false;                           // somebody else fails over
};

struct State {
  struct Root {
    bool running = true, suspended = false;
    bool operator==(const Root&) const = default;
  };
  struct Instance {
    bool primary = false;  // by its data: the role it starts in
    bool following = false;
    bool close = true;  // its replication lag is small
    bool data = true, destroyed = false;
    int timeline = 1;
    bool operator==(const Instance&) const = default;
  };
  std::vector<Root> roots;
  std::vector<Instance> instances;
  std::vector<std::uint32_t> ready;  // of each service: bits of its servers
  std::vector<bool> cut, set;        // of links, of switches
  bool operator==(const State&) const = default;
};

struct Part {
  Deed deed;
  std::optional<Deed> undo;  // none: what the target says before the deed
};

struct Shape {
  std::string name;
  drill::EngineConfig config;
  Layout layout;
  std::vector<Part> faults, steps, failback;
  State first, served, last;  // before the drill, after the recovery, after the failback
  std::string wrong;          // why the plan cannot go through; empty: it can

  const Part& part(drill::PartId id) const;
};

/// `plan` is resolved; `config` is what the engine gets. Times are cut down to what a simulation
/// needs.
Shape shape_of(const api::RecoveryPlan& plan, const api::LocalSystem& system,
               drill::EngineConfig config);
/// The same plan with processes suspended where it kills them.
Shape suspended(Shape shape);

}  // namespace sim
