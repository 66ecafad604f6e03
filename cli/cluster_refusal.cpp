#include "cli/cluster_refusal.h"

#include <fmt/format.h>

#include "cluster/drill_object.h"

namespace cli {
namespace {

/// Of a path that the server does not serve; of an object that is not there it says which.
bool kind_is_unknown(const kube::Refusal& refusal) {
  return refusal.code == 404 &&
         (refusal.message.starts_with("404 page not found") ||
          refusal.message.find("could not find the requested resource") != std::string::npos);
}

}  // namespace

base::Error refusal(const kube::Reply& reply, const kube::Resource& resource,
                    const std::string& ns) {
  base::Error out = kube::error_of(reply.refusal, "");
  const kube::Refusal& said = reply.refusal;
  if (kind_is_unknown(said)) {
    out.message = fmt::format("the server doesn't have a resource type \"{}\" ({})",
                              resource.plural, resource.api_version());
    if (resource.group == cluster::kDrills.group) {
      out.message +=
          ": Muster is not installed in this cluster. Install the chart: helm install muster helm "
          "-n muster-system --create-namespace";
    }
    return out;
  }
  out.message = said.message.empty() ? fmt::format("{} {}", said.code, said.reason) : said.message;
  if (said.code == 401) out.message += ": the server does not know who you are";
  const bool in_namespace = resource.namespaced && !ns.empty();
  if (said.code == 404 && in_namespace && out.message.find("namespaces \"") == std::string::npos) {
    out.message += fmt::format(" in namespace {}", ns);
  }
  if (!said.reason.empty()) out.message += fmt::format(" ({})", said.reason);
  return out;
}

base::Error unanswered(const base::Error& error, const std::string& host,
                       const std::string& context) {
  if (error.code != base::Code::Unavailable && error.code != base::Code::DeadlineExceeded) {
    return error;
  }
  return error.with(fmt::format("cannot reach the API server {}{}", host,
                                context.empty() ? "" : fmt::format(" (context {})", context)));
}

}  // namespace cli
