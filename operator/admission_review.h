// What an API server asks a webhook and what it is answered: AdmissionReview of
// admission.k8s.io/v1, read and written. Pure; whoever judges sees neither JSON nor HTTP.
// Source: Kubernetes API reference, "Dynamic Admission Control"; the types of
// k8s.io/api/admission/v1.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/node.h"
#include "base/result.h"
#include "kube/key.h"

namespace op {

struct AdmissionRequest {
  std::string uid;
  std::string operation;  // CREATE, UPDATE, DELETE or CONNECT
  std::string group, version, kind;
  std::string subresource;
  std::string user;  // who asks, as the API server has authenticated it
  bool dry_run = false;
  kube::Key key;                 // the name may be empty: the server has yet to draw it
  api::Node object, old_object;  // null where there is none

  bool deletes() const { return operation == "DELETE"; }
  bool updates() const { return operation == "UPDATE"; }
};

/// One thing that is wrong, as the API server itself tells it.
struct AdmissionCause {
  std::string field, message;
};

struct AdmissionAnswer {
  bool allowed = true;
  std::vector<AdmissionCause> causes;  // of a refusal
  std::vector<std::string> warnings;   // which kubectl shows
  std::optional<api::Node> patch;      // RFC 6902, of a mutating webhook that allows
};

/// Errors: InvalidArgument naming what is no AdmissionReview, or lacks what every request has.
base::Result<AdmissionRequest> parse_review(std::string_view body);

/// The answer as the body of a reply. A refusal says code 422, reason Invalid and each field, as a
/// refusal by the schema does, so that kubectl shows both alike.
std::string review_text(const AdmissionRequest& request, const AdmissionAnswer& answer);

}  // namespace op
