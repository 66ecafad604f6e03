#include "operator/figures_book.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "api/node.h"

namespace op {
namespace {

using api::Node;
using Answer = FiguresBook::Answer;

constexpr unsigned kPending = 202;

Answer say(unsigned status, const std::string& message) {
  return {status, api::to_json(Node::map().set("error", message))};
}

Answer pending() {
  return say(kPending, "its kubelet is being asked");
}

/// One text, whatever is missing: whoever may not know of a pod learns nothing of it.
Answer nobody() {
  return say(404, "there is no such pod with a sidecar and the address that asks");
}

/// The first ones to be due.
template <class T, class At>
void keep_oldest(std::vector<T>& all, std::size_t most, At at) {
  const std::size_t kept = std::min(most, all.size());
  std::ranges::partial_sort(all, all.begin() + static_cast<std::ptrdiff_t>(kept), {}, at);
  all.resize(kept);
}

}  // namespace

void FiguresBook::Turn::succeeded(base::TimePoint next) {
  at = next;
  failures = 0;
}

void FiguresBook::Turn::failed(base::TimePoint now) {
  base::Duration wait = kAgain;
  for (unsigned i = 0; i < failures && wait < kSeldom; ++i) wait *= 2;
  at = now + std::min(wait, kSeldom);
  ++failures;
}

Answer FiguresBook::ask(const kube::Key& pod, const std::string& client, base::TimePoint now) {
  if (client.empty()) return nobody();  // who has gone already
  const auto known = pods_.find(pod);
  if (known == pods_.end() || !may_know(known->second.seen, client)) {
    return ask_by_name({client, pod}, now);
  }
  known->second.wanted_until = now + kWanted;
  return known->second.answer;
}

bool FiguresBook::may_know(const FiguresPod& pod, const std::string& client) const {
  return anybody_ || std::ranges::find(pod.addresses, client) != pod.addresses.end();
}

Answer FiguresBook::ask_by_name(Asked asked, base::TimePoint now) {
  const auto known = names_.find(asked);
  if (known != names_.end()) {
    known->second.wanted_until = now + kWanted;
    return known->second.answer;
  }
  if (!make_room_for(asked.client)) return pending();
  names_.emplace(std::move(asked),
                 Name{.wanted_until = now + kWanted, .turn = {.at = now}, .answer = pending()});
  return pending();
}

bool FiguresBook::make_room_for(const std::string& client) {
  const auto from = names_.lower_bound({client, {}});
  auto to = from;
  std::size_t own = 0;
  for (; to != names_.end() && to->first.client == client; ++to) ++own;
  if (own >= kNamesOfClientMax) return drop_an_answered(from, to);
  return names_.size() < kNamesMax || drop_an_answered(names_.begin(), names_.end());
}

/// The one that nobody has asked for the longest time. Who waits for an answer stays.
bool FiguresBook::drop_an_answered(Names::iterator from, Names::iterator to) {
  auto oldest = to;
  for (auto each = from; each != to; ++each) {
    if (each->second.answer.status == kPending || each->second.turn.busy) continue;
    if (oldest == to || each->second.wanted_until < oldest->second.wanted_until) oldest = each;
  }
  if (oldest == to) return false;
  names_.erase(oldest);
  return true;
}

FiguresBook::Work FiguresBook::due(base::TimePoint now, const Room& room) {
  forget(now);
  return {.pods = pods_due(now, room.pods), .hosts = hosts_due(now, room.hosts)};
}

std::vector<FiguresBook::Asked> FiguresBook::pods_due(base::TimePoint now, std::size_t most) {
  static const std::string kNobody;
  std::vector<Candidate> all;
  const auto consider = [&](const std::string& client, const kube::Key& pod, Turn& turn) {
    if (!turn.busy && turn.at <= now) all.push_back({&client, &pod, &turn});
  };
  for (auto& [key, pod] : pods_) consider(kNobody, key, pod.turn);
  for (auto& [asked, name] : names_) consider(asked.client, asked.pod, name.turn);
  keep_oldest(all, most, [](const Candidate& each) { return each.turn->at; });
  std::vector<Asked> out;
  for (const Candidate& each : all) {
    each.turn->busy = true;
    out.push_back({*each.client, *each.pod});
  }
  return out;
}

std::vector<std::string> FiguresBook::hosts_due(base::TimePoint now, std::size_t most) {
  std::vector<std::pair<const std::string, Turn>*> all;
  for (auto& each : hosts_) {
    if (!each.second.busy && each.second.at <= now) all.push_back(&each);
  }
  keep_oldest(all, most, [](const auto* each) { return each->second.at; });
  std::vector<std::string> out;
  for (auto* each : all) {
    each->second.busy = true;
    out.push_back(each->first);
  }
  return out;
}

void FiguresBook::forget(base::TimePoint now) {
  const auto unwanted = [&](const auto& each) { return each.second.wanted_until < now; };
  std::erase_if(pods_, unwanted);
  std::erase_if(names_, unwanted);
  std::set<std::string_view> wanted;
  for (const auto& [key, pod] : pods_) wanted.insert(pod.seen.host);
  std::erase_if(hosts_, [&](const auto& each) { return !wanted.contains(each.first); });
}

void FiguresBook::found(const Asked& asked, const base::Result<FiguresPod>& seen,
                        base::TimePoint now) {
  const auto name = names_.find(asked);
  if (name != names_.end()) return found_name(name, seen, now);
  const auto known = asked.client.empty() ? pods_.find(asked.pod) : pods_.end();
  if (known == pods_.end()) return;
  Pod& pod = known->second;
  pod.turn.busy = false;
  if (seen) return renew(pod, *seen, now);
  // While nobody can say, what was known holds: figures are of its UID.
  if (seen.error().code != base::Code::NotFound) return pod.turn.failed(now);
  pods_.erase(known);
}

void FiguresBook::found_name(Names::iterator at, const base::Result<FiguresPod>& seen,
                             base::TimePoint now) {
  Name& name = at->second;
  name.turn.busy = false;
  if (!seen && seen.error().code != base::Code::NotFound) {
    name.turn.succeeded(now + kAgain);
    name.answer = say(503, seen.error().message);
  } else if (!seen || !may_know(*seen, at->first.client)) {
    name.turn.failed(now);
    name.answer = nobody();
  } else if (pods_.size() >= kPodsMax && !pods_.contains(at->first.pod)) {
    name.turn.succeeded(now + kAgain);
    name.answer = say(503, "more pods are asked for than one replica takes");
  } else {
    Pod& pod = pods_[at->first.pod];
    pod.wanted_until = name.wanted_until;
    renew(pod, *seen, now);
    names_.erase(at);
  }
}

void FiguresBook::renew(Pod& pod, const FiguresPod& seen, base::TimePoint now) {
  const bool same = pod.seen.uid == seen.uid && pod.seen.host == seen.host;
  pod.seen = seen;
  pod.turn.succeeded(now + kPodEvery);
  hosts_.try_emplace(seen.host, Turn{.at = now});
  if (!same) pod.answer = pending();
}

void FiguresBook::read(const std::string& host, const base::Result<SummaryPods>& summary,
                       base::TimePoint now) {
  const auto known = hosts_.find(host);
  if (known != hosts_.end()) {
    known->second.busy = false;
    if (summary) known->second.succeeded(now + kAgain);
    if (!summary) known->second.failed(now);
  }
  for (auto& [key, pod] : pods_) {
    if (pod.seen.host != host) continue;
    if (!summary) {
      pod.answer = say(
          503, fmt::format("the kubelet of node {}: {}", pod.seen.node, summary.error().message));
      continue;
    }
    const auto found = summary->find(pod.seen.uid);
    if (found == summary->end()) {
      // It has just begun, or is another pod by now.
      pod.answer = say(
          503, fmt::format("the kubelet of node {} has no figures of this pod yet", pod.seen.node));
      pod.turn.at = std::min(pod.turn.at, now + kAgain);
      continue;
    }
    pod.answer = {
        200, api::to_json(Node::map().set("pod", found->second).set("limits", pod.seen.limits))};
  }
}

}  // namespace op
