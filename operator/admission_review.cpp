#include "operator/admission_review.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "crypto/base64.h"

namespace op {
namespace {

using api::Node;

constexpr const char* kVersion = "admission.k8s.io/v1";
constexpr const char* kKind = "AdmissionReview";
constexpr int kInvalid = 422;

tl::unexpected<base::Error> no_review(const std::string& why) {
  return base::fail(base::Code::InvalidArgument, "no AdmissionReview: " + why);
}

base::Result<> check_operation(const AdmissionRequest& request) {
  constexpr std::array kKnown = {"CREATE", "UPDATE", "DELETE", "CONNECT"};
  if (std::ranges::find(kKnown, request.operation) == kKnown.end()) {
    return no_review(
        fmt::format("request.operation '{}' is not allowed: CREATE, UPDATE, DELETE or "
                    "CONNECT is",
                    request.operation));
  }
  const bool writes = request.operation == "CREATE" || request.updates();
  if (writes && !request.object.is_map()) return no_review("request.object is missing");
  if (request.updates() && !request.old_object.is_map()) {
    return no_review("request.oldObject is missing");
  }
  return {};
}

std::string line_of(const AdmissionCause& cause) {
  return cause.field.empty() ? cause.message : cause.field + ": " + cause.message;
}

/// As the API server tells its own refusals; several problems are a line each.
std::string message_of(const AdmissionRequest& request, const AdmissionAnswer& answer) {
  std::string out = fmt::format("{}{}{} \"{}\" is invalid:", request.kind,
                                request.group.empty() ? "" : ".", request.group, request.key.name);
  const char* before = answer.causes.size() > 1 ? "\n* " : " ";
  for (const AdmissionCause& cause : answer.causes) out += before + line_of(cause);
  return out;
}

Node status_of(const AdmissionRequest& request, const AdmissionAnswer& answer) {
  Node causes = Node::sequence();
  for (const AdmissionCause& cause : answer.causes) {
    causes.push(Node::map()
                    .set("reason", "FieldValueInvalid")
                    .set("field", cause.field)
                    .set("message", cause.message));
  }
  return Node::map()
      .set("status", "Failure")
      .set("code", kInvalid)
      .set("reason", "Invalid")
      .set("message", message_of(request, answer))
      .set("details", Node::map()
                          .set("group", request.group)
                          .set("kind", request.kind)
                          .set("name", request.key.name)
                          .set("causes", std::move(causes)));
}

}  // namespace

base::Result<AdmissionRequest> parse_review(std::string_view body) {
  TRY(const Node review, api::parse_json(body));
  if (review["kind"].as_string() != kKind || review["apiVersion"].as_string() != kVersion) {
    return no_review(fmt::format("'{}' of '{}' is not allowed: {} of {} is",
                                 review["kind"].as_string(), review["apiVersion"].as_string(),
                                 kKind, kVersion));
  }
  const Node& request = review["request"];
  AdmissionRequest out;
  out.uid = request["uid"].as_string();
  if (out.uid.empty()) return no_review("request.uid is missing");
  out.operation = request["operation"].as_string();
  const Node& kind = request["kind"];
  out.group = kind["group"].as_string();
  out.version = kind["version"].as_string();
  out.kind = kind["kind"].as_string();
  if (out.kind.empty()) return no_review("request.kind is missing");
  out.subresource = request["subResource"].as_string();
  out.user = request["userInfo"]["username"].as_string();
  out.dry_run = request["dryRun"].as_bool();
  out.object = request["object"];
  out.old_object = request["oldObject"];
  out.key = {request["namespace"].as_string(), request["name"].as_string()};
  if (out.key.name.empty()) out.key.name = out.object["metadata"]["name"].as_string();
  TRY(check_operation(out));
  return out;
}

std::string review_text(const AdmissionRequest& request, const AdmissionAnswer& answer) {
  Node response = Node::map().set("uid", request.uid).set("allowed", answer.allowed);
  if (!answer.allowed) response.set("status", status_of(request, answer));
  if (!answer.warnings.empty()) response.set("warnings", Node::strings(answer.warnings));
  if (answer.allowed && answer.patch) {
    response.set("patchType", "JSONPatch")
        .set("patch", crypto::base64_encode(api::to_json(*answer.patch)));
  }
  return api::to_json(Node::map()
                          .set("apiVersion", kVersion)
                          .set("kind", kKind)
                          .set("response", std::move(response)));
}

}  // namespace op
