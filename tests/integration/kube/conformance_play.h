// Plays a scenario, a list of requests written as data, through a kube::Client, and writes down
// what came of it in words in which two servers can be compared: codes, reasons, what an object has
// that its writer or the server's rules decide, the types of events in their order. What is a
// server's own (UIDs, times, messages, managers' fields) is left out; a resourceVersion is told by
// its rank among those of all objects that the scenario has seen, so that a write that changed
// nothing shows.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "aio/clock.h"
#include "aio/task.h"
#include "kube/client.h"

namespace kube {

/// One request. In `body` and `with`, ${a.uid}, ${a.version} and ${a.first} are the UID and the
/// last and the first version of the object a that were seen, ${list.version} and ${list.next} are
/// of the last list.
struct Step {
  /// create, get, list, replace, merge, json, apply, delete, watch; compact: the server forgets
  /// what was before.
  std::string verb;
  std::string name{};  // of the object; of one whose name is generated: what it is called here
  std::string body{};  // what an object has besides apiVersion, kind and name; else a patch, as is
  /// Words: kind=configmaps sub=status manager=m force dry version= uid= limit= next= labels=
  /// fields= match= propagation= grace= initial until=NAME (of a watch: which object it ends with).
  std::string with{};
};

struct Scenario {
  std::string name;
  std::vector<Step> steps;
  int since = 0;  // minor version of Kubernetes; older ones say something else
};

/// Where it is played.
struct Stage {
  Client* client = nullptr;
  aio::Clock* clock = nullptr;
  std::string space;              // a namespace with nothing in it
  std::function<void()> compact;  // returns when it is done
};

/// The kinds that a step can name; the first is that of one that names none.
const std::vector<Resource>& conformance_kinds();

/// A line of each request and of each event. Errors: there was no answer; a step that is none.
aio::Task<base::Result<std::vector<std::string>>> play(Stage stage, Scenario scenario);

}  // namespace kube
