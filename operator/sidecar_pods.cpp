#include "operator/sidecar_pods.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/sidecar_profile.h"
#include "base/cut.h"
#include "operator/injection.h"

namespace op {
namespace {

using api::Node;

constexpr std::string_view kRefused = "Refused: ";
constexpr const char* kMissing = "ProfileMissing";
constexpr std::size_t kProfileMax = 300, kWorkloadMax = 300;  // more than names can have
constexpr std::size_t kReasonMax = 64, kWhyMax = 300, kNameMax = 100;
constexpr std::size_t kReasonsTold = 4, kWorkloadsTold = 4;

/// As a reason of a condition has to be: letters and digits, and a letter in front.
bool is_reason(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto fits = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= kReasonMax && letter(text.front()) &&
         std::ranges::all_of(text, fits);
}

/// Or is about to.
bool has_ended(const Node& pod) {
  const std::string& phase = pod["status"]["phase"].as_string();
  return phase == "Succeeded" || phase == "Failed" || pod["metadata"].has("deletionTimestamp");
}

const Node* controller_of(const Node& meta) {
  for (const Node& owner : meta["ownerReferences"].items()) {
    if (owner["controller"].as_bool()) return &owner;
  }
  return nullptr;
}

/// "web-6d5f7c9b8" and "6d5f7c9b8" is "web".
std::string without_end(const std::string& name, const std::string& end) {
  const bool ends = !end.empty() && name.size() > end.size() + 1 && name.ends_with("-" + end);
  return ends ? name.substr(0, name.size() - end.size() - 1) : std::string();
}

/// A Job of a CronJob has the minutes since 1970 behind its name.
std::string cron_job_of(const std::string& job) {
  constexpr std::size_t kDigitsMin = 8;
  const std::size_t mark = job.rfind('-');
  if (mark == std::string::npos || mark == 0) return {};
  const std::string_view digits = std::string_view(job).substr(mark + 1);
  const bool counted = digits.size() >= kDigitsMin &&
                       std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
  return counted ? job.substr(0, mark) : std::string();
}

std::string workload_of(const Node& meta) {
  const Node* const owner = controller_of(meta);
  if (owner == nullptr) {
    const std::string& name = meta["name"].as_string();
    return "Pod " + (name.empty() ? meta["generateName"].as_string() : name);
  }
  const std::string& kind = (*owner)["kind"].as_string();
  const std::string& name = (*owner)["name"].as_string();
  if (kind == "ReplicaSet") {
    const std::string made_by = without_end(name, meta["labels"]["pod-template-hash"].as_string());
    if (!made_by.empty()) return "Deployment " + made_by;
  }
  if (kind == "Job") {
    const std::string made_by = cron_job_of(name);
    if (!made_by.empty()) return "CronJob " + made_by;
  }
  return kind + " " + name;
}

/// "Deployment a, Deployment b and 3 more"
std::string words(const std::vector<SidecarPod>& pods) {
  std::set<std::string> all;
  for (const SidecarPod& each : pods) all.insert(base::cut(each.workload, kNameMax));
  const std::vector<std::string> names(all.begin(), all.end());
  const std::size_t told = std::min(names.size(), kWorkloadsTold);
  std::string out = fmt::format(
      "{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(told), ", "));
  if (told < names.size()) out += fmt::format(" and {} more", names.size() - told);
  return out;
}

std::string sentence(const std::string& reason, const std::vector<SidecarPod>& pods) {
  std::string out = fmt::format("{}: {}", words(pods), reason);
  // What the others of the reason say differs by names and numbers.
  const auto told = std::ranges::find_if(pods, [](const auto& each) { return !each.why.empty(); });
  if (told != pods.end()) out += ": " + told->why;
  const std::string_view allowed = remedy(reason);
  if (!allowed.empty()) out += fmt::format("; allowed: {}", allowed);
  return out;
}

}  // namespace

std::optional<SidecarPod> sidecar_pod(const Node& pod) {
  const Node& meta = pod["metadata"];
  const Node& annotations = meta["annotations"];
  const std::string& status = annotations[kStatusAnnotation].as_string();
  const bool names = !annotations[kProfileAnnotation].as_string().empty();
  const bool refused = status.starts_with(kRefused);
  const bool injected = status == name(Injected::Yes) && names;
  if (has_ended(pod) || (!refused && !injected)) return std::nullopt;
  SidecarPod out{.profile = base::cut(api::sidecar_profile_of(pod), kProfileMax),
                 .reason = {},
                 .workload = base::cut(workload_of(meta), kWorkloadMax)};
  if (!refused) return out;
  const std::string_view said = std::string_view(status).substr(kRefused.size());
  const std::size_t mark = std::min(said.find(':'), said.size());
  out.reason = said.substr(0, mark);
  if (!is_reason(out.reason)) return std::nullopt;  // not written by us
  if (mark < said.size()) out.why = base::cut(said.substr(mark + 1), kWhyMax);
  out.why.erase(0, std::min(out.why.find_first_not_of(' '), out.why.size()));
  return out;
}

void SidecarPods::add(SidecarPod pod) {
  if (all_.size() < kMost) all_.insert(std::move(pod));
}

std::string_view remedy(std::string_view reason) {
  using Row = std::pair<std::string_view, std::string_view>;
  constexpr std::string_view kSayPort =
      "one TCP port, one named http, or spec.injection.port of the profile (by the webhook)";
  constexpr std::string_view kName =
      "a port of one name for which no hostPort is asked, or the annotation "
      "sidecar.muster.dev/capture: redirect, which catches a number too";
  constexpr auto kRemedies = std::to_array<Row>(
      {{"NoPort", kSayPort},
       {"SeveralPorts", kSayPort},
       {"UnnamedPort", kName},
       {"HostPort", kName},
       {"NamedTwice", kName},
       {"HostNetwork", "a pod with a network of its own"},
       {"Windows", "Linux"},
       {"PortTaken",
        "ports other than 15001 and 15020, and 15002 with a redirect; no proxy of Istio's"},
       {"NameTaken",
        "no container or volume named muster-sidecar, muster-redirect, muster-sidecar-profile or "
        "muster-sidecar-admin-tls, and a port whose name has room for -app"},
       {"NotTcp", "a TCP port"},
       {"NotHttp",
        "a port named http or web, or either and -…; the pod's label sidecar.muster.dev/inject: "
        "enabled; or spec.injection.port of the profile (by the webhook)"},
       {"BadLabel", "enabled or disabled as the pod's label sidecar.muster.dev/inject"},
       {"BadProfile",
        "the name of a profile as the pod's annotation sidecar.muster.dev/profile, and in the "
        "profile an injection that a pod can have"},
       {"BadCapture", "port or redirect as the pod's annotation sidecar.muster.dev/capture"},
       {"BadAdminTls",
        "SECRET or SECRET/CLIENT-CA-KEY as the pod's annotation sidecar.muster.dev/admin-tls"},
       {"PodSecurity",
        "a redirect in namespaces that enforce no Pod Security Standard or privileged; anywhere "
        "the capture of a named port"},
       {kMissing,
        "the name of a profile of this namespace; until there is one their sidecars have "
        "defaults"}});
  const auto* const found = std::ranges::find(kRemedies, reason, &Row::first);
  return found == kRemedies.end() ? std::string_view() : found->second;
}

std::optional<Found> refused_of(const std::string& profile, const SidecarPods& pods,
                                const std::function<bool(const std::string& profile)>& is_there) {
  const bool of_all = profile == api::kDefaultSidecarProfile;
  std::map<std::string, std::vector<SidecarPod>> by_reason;
  for (SidecarPod each : pods.all()) {
    const bool orphan = each.profile != profile && of_all && !is_there(each.profile);
    if (each.profile != profile && !orphan) continue;
    if (each.reason.empty() && !orphan) continue;
    if (each.reason.empty()) {
      each.reason = kMissing;
      each.why = fmt::format("there is no SidecarProfile '{}' here", each.profile);
    }
    by_reason[each.reason].push_back(std::move(each));
  }
  if (by_reason.empty()) return std::nullopt;
  std::string message = "pods that ask for a sidecar are not as they ask. ";
  std::size_t told = 0;
  for (const auto& [reason, those] : by_reason) {
    if (told == kReasonsTold) break;
    message += (told++ == 0 ? "" : ". ") + sentence(reason, those);
  }
  if (told < by_reason.size()) {
    message += fmt::format(". And {} more reasons", by_reason.size() - told);
  }
  return Found{false, by_reason.size() == 1 ? by_reason.begin()->first : "SeveralReasons",
               base::cut(message, kInjectedBytesMax)};
}

}  // namespace op
