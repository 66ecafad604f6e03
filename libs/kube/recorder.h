// Writes Events (events.k8s.io/v1), for whoever runs `kubectl describe`: the driver of an EventLog.
// Telling never waits and never fails: Events are written one after the other, those that the
// server does not take are tried again a few times and then dropped and counted. Source:
// kube/event_log.h; the type events/v1.Event.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "aio/clock.h"
#include "aio/task.h"
#include "kube/client.h"
#include "kube/event_log.h"
#include "kube/key.h"

namespace kube {

/// What an Event is about.
struct ObjectRef {
  std::string api_version, kind;
  Key key;
  std::string uid, version{};
};

/// Who tells.
struct Reporter {
  std::string controller;  // "muster.dev/operator"
  std::string instance;    // the pod
};

/// The JSON of an Event, whose texts are of the lengths that the API allows (EventLog sees to
/// that).
/// `series`: null for an Event that is not one.
std::string event_json(const ObjectRef& about, const Reporter& reporter, const std::string& name,
                       const event_action::Create& event, const event_action::Series* series);
/// "NAME.NUMBER", which is a DNS subdomain whatever the object is called.
std::string event_name(const ObjectRef& about, const event_action::Create& event);

class EventRecorder {
 public:
  /// Lifetime: clock and client outlive run(). Thread: the client's executor.
  EventRecorder(aio::Clock& clock, Client& client, Reporter reporter,
                EventLog::Config config = EventLog::Config{});
  ~EventRecorder();
  EventRecorder(const EventRecorder&) = delete;
  EventRecorder& operator=(const EventRecorder&) = delete;

  /// `type`: "Normal" or "Warning"; `reason`: in UpperCamelCase, for programs; `action`: what was
  /// done or tried; `note`: a sentence for people.
  void tell(const ObjectRef& about, const std::string& type, const std::string& reason,
            const std::string& action, const std::string& note);

  /// Until stopped; what is waiting then is written first, for at most 5 s. Errors: none.
  aio::Task<base::Result<>> run(std::stop_token stop);

  std::uint64_t written() const;
  /// By the filter against too much talk, for want of room, or because the server did not take it.
  std::uint64_t dropped() const;

 private:
  class Driver;
  std::unique_ptr<Driver> driver_;
};

}  // namespace kube
