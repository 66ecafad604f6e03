// Evidence to records.
#include <algorithm>

#include <fmt/format.h>

#include "bundle/bundle.h"
#include "bundle/tables.h"
#include "drill/evidence_words.h"

namespace bundle {
namespace {

using api::Node;

Node stamp(drill::TimePoint at) {
  return at == drill::kNever ? Node() : Node(at.time_since_epoch().count());
}
Node wall(base::WallTime at) {
  return at.time_since_epoch().count();
}
Node number(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

template <class T, class Make>
Node list(const std::vector<T>& items, Make make) {
  Node out = Node::sequence();
  for (const T& item : items) out.push(make(item));
  return out;
}

Node about_node(const About& about, const drill::Evidence& evidence) {
  Node versions = Node::map();
  // Keys are distinct already.
  for (const auto& [what, version] : evidence.versions) versions.set(what, version);
  Node out = Node::map()
                 .set("drillId", evidence.drill_id)
                 .set("plan", about.plan)
                 .set("profile", evidence.profile)
                 .set("versions", std::move(versions))
                 .set("started", wall(about.started))
                 .set("finished", wall(about.finished))
                 .set("finalState", about.final_state)
                 .set("requestedBy", Node::map()
                                         .set("uid", about.requested_by.uid)
                                         .set("user", about.requested_by.user)
                                         .set("host", about.requested_by.host)
                                         .set("command", about.requested_by.command));
  if (about.audit) {
    out.set("audit", Node::map()
                         .set("entries", number(about.audit->entries))
                         .set("digest", about.audit->digest));
  }
  return out;
}

Node streams_node(const drill::Evidence& evidence) {
  Node servers = Node::sequence();
  for (std::size_t i = 0; i < evidence.servers.size(); ++i) {
    const bool known = i < evidence.server_instances.size();
    servers.push(Node::map()
                     .set("name", evidence.servers[i])
                     .set("instance", known ? evidence.server_instances[i] : std::string()));
  }
  Node streams = list(evidence.streams, [](const drill::StreamInfo& s) {
    return Node::map()
        .set("id", std::int64_t{s.id.value()})
        .set("name", s.name)
        .set("probe", s.probe)
        .set("kind", name(s.kind))
        .set("instance", s.instance)
        .set("endpoint", s.endpoint)
        .set("interval", s.interval.count())
        .set("deadline", s.deadline.count())
        .set("decides", s.decides)
        .set("signal", s.signal);
  });
  return Node::map().set("servers", std::move(servers)).set("streams", std::move(streams));
}

Node reads_node(const drill::Evidence& evidence) {
  return list(evidence.final_reads, [](const drill::FinalRead& read) {
    return Node::map()
        .set("which", name(read.which))
        .set("instance", read.instance)
        .set("began", stamp(read.began))
        .set("ended", stamp(read.ended))
        .set("complete", read.complete)
        .set("error", read.error)
        .set("rows", number(read.rows.size()));
  });
}

template <class Measured>
Node instrument_node(const Measured& measured) {
  return Node::map()
      .set("outages", list(measured.reference_outages,
                           [](const drill::ReferenceOutage& outage) {
                             return Node::map()
                                 .set("kind", name(outage.kind))
                                 .set("began", stamp(outage.began))
                                 .set("length", outage.length.count())
                                 .set("uncertainty", outage.uncertainty.count());
                           }))
      .set("stalls", list(measured.stalls, [](const drill::Stall& stall) {
             return Node::map().set("from", stamp(stall.from)).set("to", stamp(stall.to));
           }));
}

Node clocks_node(const std::vector<drill::ClockAnchor>& anchors) {
  return list(anchors, [](const drill::ClockAnchor& anchor) {
    return Node::map().set("steady", stamp(anchor.steady)).set("wall", wall(anchor.wall));
  });
}

Node vantages_node(const drill::Evidence& evidence) {
  return Node::map()
      .set("place", evidence.place)
      .set("others", list(evidence.vantages, [](const drill::Vantage& vantage) {
             return Node::map()
                 .set("place", vantage.place)
                 .set("missing", vantage.missing)
                 .set("exchanges", list(vantage.exchanges,
                                        [](const drill::ClockExchange& e) {
                                          return Node::map()
                                              .set("asked", stamp(e.asked))
                                              .set("theirs", stamp(e.theirs))
                                              .set("answered", stamp(e.answered));
                                        }))
                 .set("instrument", instrument_node(vantage))
                 .set("clocks", clocks_node(vantage.anchors));
           }));
}

Node steps_node(const std::vector<drill::StepRun>& steps) {
  return list(steps, [](const drill::StepRun& step) {
    return Node::map()
        .set("name", step.name)
        .set("phase", step.phase)
        .set("target", step.target.count())
        .set("began", stamp(step.began))
        .set("ended", stamp(step.ended))
        .set("ok", step.ok)
        .set("detail", step.detail);
  });
}

Node timeline_node(const drill::Evidence& e) {
  Node phases = Node::map();
  for (const auto& [phase, at] : e.phase_began) phases.set(drill::name(phase), stamp(at));
  return Node::map()
      .set("events", list(e.timeline,
                          [](const drill::TimelineEvent& event) {
                            return Node::map()
                                .set("at", stamp(event.at))
                                .set("kind", name(event.kind))
                                .set("subject", event.subject)
                                .set("text", event.text);
                          }))
      .set("steps", steps_node(e.steps))
      .set("failback", steps_node(e.failback))
      .set("phases", std::move(phases))
      .set("moments", Node::map()
                          .set("faultBegun", stamp(e.fault_begun))
                          .set("faultEffective", stamp(e.fault_effective))
                          .set("declared", stamp(e.declared))
                          .set("decided", stamp(e.decided))
                          .set("redundancyRestored", stamp(e.redundancy_restored))
                          .set("ended", stamp(e.ended)))
      .set("oldPrimary", e.old_primary)
      .set("newPrimary", e.new_primary)
      .set("ending", name(e.ending))
      .set("endingReason", e.ending_reason);
}

void add_operations(ContainerWriter& out, const drill::Evidence& evidence) {
  for (const drill::StreamInfo& info : evidence.streams) {
    const auto [first, last] = std::equal_range(
        evidence.records.begin(), evidence.records.end(), drill::Record{.stream = info.id},
        [](const drill::Record& a, const drill::Record& b) { return a.stream < b.stream; });
    if (first == last) continue;
    out.add(fmt::format("operations/{}", info.id.value()), operations_table({first, last}));
  }
}

}  // namespace

std::string write(const About& about, const Documents& documents, const drill::Evidence& evidence,
                  const crypto::SigningKey& key) {
  ContainerWriter out;
  const auto add = [&out](const char* name, const Node& node) {
    out.add(name, api::to_json(node, 1));
  };
  const auto keep = [&out](const char* name, const std::string& text) {
    if (!text.empty()) out.add(name, text);
  };
  add("about.json", about_node(about, evidence));
  keep("plan.yaml", documents.plan_yaml);
  keep("given.yaml", documents.given_yaml);
  keep("plan.json", documents.plan_json);
  keep("system.json", documents.system_json);
  add("clocks.json", clocks_node(evidence.anchors));
  add("streams.json", streams_node(evidence));
  add_operations(out, evidence);
  add("reads.json", reads_node(evidence));
  for (std::size_t i = 0; i < evidence.final_reads.size(); ++i) {
    out.add(fmt::format("rows/{}", i), rows_table(evidence.final_reads[i].rows));
  }
  add("load.json", Node::map()
                       .set("operations", Node::strings(evidence.load_operations))
                       .set("samples", number(evidence.load.size()))
                       .set("seed", evidence.load_seed ? number(*evidence.load_seed) : Node()));
  out.add("load", load_table(evidence.load));
  add("instrument.json", instrument_node(evidence));
  if (!evidence.vantages.empty()) add("vantages.json", vantages_node(evidence));
  add("replication.json", list(evidence.lag, [](const drill::LagSample& sample) {
        return Node::map()
            .set("at", stamp(sample.at))
            .set("bytes", sample.bytes ? number(*sample.bytes) : Node())
            .set("replayHeard", sample.replay_heard ? Node(sample.replay_heard->count()) : Node());
      }));
  add("looks.json", list(evidence.looks, [](const drill::InstanceLook& look) {
        return Node::map()
            .set("at", stamp(look.at))
            .set("primary", look.primary)
            .set("standbys", std::int64_t{look.standbys})
            .set("redundant", look.redundant);
      }));
  add("pool.json", list(evidence.pool, [](const drill::PoolSample& sample) {
        return Node::map()
            .set("at", stamp(sample.at))
            .set("busy", std::int64_t{sample.busy})
            .set("waiting", std::int64_t{sample.waiting});
      }));
  add("timeline.json", timeline_node(evidence));
  keep("report.json", documents.report_json);
  return out.seal(key);
}

}  // namespace bundle
