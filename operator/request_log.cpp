#include "operator/request_log.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "cluster/drill_object.h"
#include "operator/log.h"

namespace op {
namespace {

using api::Node;

bool is_drill(const AdmissionRequest& request) {
  return request.group == cluster::kDrills.group && request.kind == cluster::kDrills.kind;
}

bool writes(const AdmissionRequest& request) {
  return request.subresource.empty() && (request.operation == "CREATE" || request.updates());
}

bool aborts(const AdmissionRequest& request) {
  return request.object["spec"]["abort"].as_bool() &&
         !request.old_object["spec"]["abort"].as_bool();
}

/// What the server is yet to name has the beginning of its name.
std::string name_of(const AdmissionRequest& request) {
  kube::Key key = request.key;
  if (key.name.empty()) key.name = request.object["metadata"]["generateName"].as_string();
  return kube::to_string(key);
}

/// The steps that the new object approves and the old one did not.
std::string approved(const AdmissionRequest& request) {
  std::string out;
  const auto& before = request.old_object["spec"]["approvals"].items();
  for (const Node& step : request.object["spec"]["approvals"].items()) {
    if (std::ranges::find(before, step) != before.end()) continue;
    out += (out.empty() ? "" : ", ") + step.as_string();
  }
  return out;
}

/// JSON patch of the annotations of one object.
class Annotations {
 public:
  explicit Annotations(const Node& object) : now_(object["metadata"]["annotations"]) {}

  /// Empty: it has none of that name.
  void put(const std::string& name, const std::string& value) {
    const bool has = now_.has(name);
    if (value.empty() ? !has : has && now_[name].as_string() == value) return;
    if (!now_.is_map() && steps_.items().empty()) {
      steps_.push(step("add", "/metadata/annotations").set("value", Node::map()));
    }
    Node one = step(value.empty() ? "remove" : "add", "/metadata/annotations/" + escaped(name));
    if (!value.empty()) one.set("value", value);
    steps_.push(std::move(one));
  }
  std::optional<Node> patch() && {
    if (steps_.items().empty()) return std::nullopt;
    return std::move(steps_);
  }

 private:
  static Node step(const char* operation, const std::string& path) {
    return Node::map().set("op", operation).set("path", path);
  }
  /// RFC 6901.
  static std::string escaped(std::string name) {
    for (std::size_t at = 0; (at = name.find('/', at)) != std::string::npos; at += 2) {
      name.replace(at, 1, "~1");
    }
    return name;
  }

  const Node& now_;
  Node steps_ = Node::sequence();
};

struct Asked {
  std::string event;
  std::string subject{};  // of a Drill: its plan, or steps
};
std::vector<Asked> asked_of_drill(const AdmissionRequest& request) {
  std::vector<Asked> out;
  if (!request.updates()) {
    out.push_back({"DrillRequested", request.object["spec"]["planRef"]["name"].as_string()});
  }
  if (aborts(request)) out.push_back({"AbortRequested"});
  if (const std::string steps = approved(request); !steps.empty()) {
    out.push_back({"StepApproved", steps});
  }
  if (out.empty() && request.object["spec"] != request.old_object["spec"]) {
    out.push_back({"DrillChanged"});
  }
  return out;
}

std::vector<Asked> asked_of_other(const AdmissionRequest& request) {
  if (!request.updates()) return {{request.kind + "Created"}};
  if (request.object["spec"] == request.old_object["spec"]) return {};
  return {{request.kind + "Changed"}};
}

void not_written(const AuditWatch& watch, const std::string& why) {
  log(Level::Error, "an entry is missing in the audit log", {{"error", why}});
  if (watch.lost) watch.lost();
}

/// Opened when it is needed, and tried again with each entry: nothing that drills need depends on
/// it.
class AuditFile {
 public:
  AuditFile(std::string path, AuditWatch watch)
      : path_(std::move(path)), watch_(std::move(watch)) {}

  base::Result<base::Duration> append(store::AuditEntry entry) {
    const bool owns_up = entry.event == store::kEntriesLost;
    auto written = append_to_open(std::move(entry));
    if (written) {
      if (watch_.took) watch_.took(written->took);
      return written->took;
    }
    if (!owns_up) not_written(watch_, written.error().message);
    return tl::unexpected(written.error());
  }

 private:
  base::Result<store::AuditLog::Written> append_to_open(store::AuditEntry entry) {
    if (!log_) {
      TRY(log_, store::AuditLog::open(path_));
    }
    return log_->append(std::move(entry));
  }

  const std::string path_;
  const AuditWatch watch_;
  std::optional<store::AuditLog> log_;
};

}  // namespace

AdmissionAnswer sign_request(const AdmissionRequest& request) {
  AdmissionAnswer out;
  if (!is_drill(request) || !writes(request) || request.user.empty()) return out;
  const Node& before = request.old_object["metadata"]["annotations"];
  Annotations annotations(request.object);
  annotations.put(cluster::kRequestedBy,
                  request.updates() ? before[cluster::kRequestedBy].as_string() : request.user);
  annotations.put(cluster::kAbortedBy,
                  aborts(request) ? request.user : before[cluster::kAbortedBy].as_string());
  out.patch = std::move(annotations).patch();
  return out;
}

std::vector<store::AuditEntry> audit_entries(const AdmissionRequest& request, base::WallTime now) {
  std::vector<store::AuditEntry> out;
  if (request.dry_run || !writes(request)) return out;
  const bool drill = is_drill(request);
  for (Asked& asked : drill ? asked_of_drill(request) : asked_of_other(request)) {
    store::AuditEntry& entry = out.emplace_back();
    entry.at = now;
    (drill ? entry.drill : entry.subject) = name_of(request);
    entry.event = std::move(asked.event);
    if (drill) entry.subject = std::move(asked.subject);
    entry.user = request.user;
  }
  return out;
}

RequestLog::RequestLog(aio::Clock& clock, const std::string& file, AuditWatch watch)
    : clock_(clock), watch_(std::move(watch)) {
  if (file.empty()) return;
  const auto shared = std::make_shared<AuditFile>(file, watch_);
  file_ = std::make_unique<store::AuditQueue>(
      [shared](store::AuditEntry entry) { return shared->append(std::move(entry)); });
}

void RequestLog::write(store::AuditEntry entry) {
  const base::TimePoint before = clock_.now();
  log(Level::Info, "audit",
      {{"event", entry.event},
       {"user", entry.user},
       {"drill", entry.drill},
       {"subject", entry.subject}});
  if (file_ == nullptr) {
    if (watch_.took) watch_.took(clock_.now() - before);
  } else if (!file_->tell(std::move(entry))) {
    not_written(watch_, "its disk is too slow");
  }
}

aio::Task<AdmissionAnswer> RequestLog::answer(AdmissionRequest request) {
  for (store::AuditEntry& entry : audit_entries(request, clock_.wall_now())) {
    write(std::move(entry));
  }
  co_return sign_request(request);
}

}  // namespace op
