#include "operator/request_log.h"

#include <algorithm>
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
  std::string subject;  // of a Drill: its plan, or steps
};
std::optional<Asked> asked_of_drill(const AdmissionRequest& request) {
  if (!request.updates()) {
    return Asked{"DrillRequested", request.object["spec"]["planRef"]["name"].as_string()};
  }
  if (aborts(request)) return Asked{"AbortRequested", ""};
  if (const std::string steps = approved(request); !steps.empty()) {
    return Asked{"StepApproved", steps};
  }
  if (request.object["spec"] == request.old_object["spec"]) return std::nullopt;
  return Asked{"DrillChanged", ""};
}

std::optional<Asked> asked_of_other(const AdmissionRequest& request) {
  if (!request.updates()) return Asked{request.kind + "Created", ""};
  if (request.object["spec"] == request.old_object["spec"]) return std::nullopt;
  return Asked{request.kind + "Changed", ""};
}

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

std::optional<store::AuditEntry> audit_entry(const AdmissionRequest& request, base::WallTime now) {
  if (request.dry_run || !writes(request)) return std::nullopt;
  const bool drill = is_drill(request);
  const auto asked = drill ? asked_of_drill(request) : asked_of_other(request);
  if (!asked) return std::nullopt;
  store::AuditEntry out;
  out.at = now;
  (drill ? out.drill : out.subject) = name_of(request);
  out.event = asked->event;
  if (drill) out.subject = asked->subject;
  out.user = request.user;
  return out;
}

base::Result<std::unique_ptr<RequestLog>> RequestLog::open(aio::Clock& clock,
                                                           const std::string& file,
                                                           Measured measured) {
  std::unique_ptr<RequestLog> out(new RequestLog(clock, std::move(measured)));
  if (file.empty()) return out;
  TRY(store::AuditLog chained, store::AuditLog::open(file));
  const auto shared = std::make_shared<store::AuditLog>(std::move(chained));
  out->file_ = std::make_unique<store::AuditQueue>(
      [shared, told = out->measured_](store::AuditEntry entry) -> base::Result<base::Duration> {
        const auto written = shared->append(std::move(entry));
        if (!written) {
          log(Level::Error, "an entry is missing in the audit log",
              {{"error", written.error().message}});
          return tl::unexpected(written.error());
        }
        if (told) told(written->took);
        return written->took;
      });
  return out;
}

aio::Task<AdmissionAnswer> RequestLog::answer(AdmissionRequest request) {
  const auto entry = audit_entry(request, clock_.wall_now());
  if (entry) {
    const base::TimePoint before = clock_.now();
    log(Level::Info, "audit",
        {{"event", entry->event},
         {"user", entry->user},
         {"drill", entry->drill},
         {"subject", entry->subject}});
    if (file_) {
      if (!file_->tell(*entry)) log(Level::Error, "the audit log's disk does not keep up", {});
    } else if (measured_) {
      measured_(clock_.now() - before);
    }
  }
  co_return sign_request(request);
}

}  // namespace op
