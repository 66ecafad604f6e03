// Records to evidence. Everything is demanded to be there and of its type: a bundle that decodes
// holds a drill, and nothing was made up where something was missing.
#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/enum_words.h"
#include "bundle/bundle.h"
#include "bundle/tables.h"
#include "drill/evidence_words.h"

namespace bundle {
namespace {

using api::Node;

// One every two seconds for eleven hours; a reader may compare each with each.
constexpr std::size_t kExchangesMax = 20'000;

/// One JSON object, key by key; the first key that is missing or of a wrong type is remembered.
class Fields {
 public:
  Fields(const Node& node, std::string& wrong) : node_(node), wrong_(wrong) {
    if (!node.is_map()) note("", "is no object");
  }

  std::string text(const char* key) { return get(key, &Node::is_string).as_string(); }
  /// Empty where the key is absent: it came with a later writer.
  std::string text_if(const char* key) { return node_.has(key) ? text(key) : std::string(); }
  std::int64_t integer(const char* key) { return get(key, &Node::is_int).as_int(); }
  std::uint32_t small(const char* key) {
    const std::int64_t value = integer(key);
    if (value < 0 || value > std::numeric_limits<std::uint32_t>::max()) note(key, "out of range");
    return static_cast<std::uint32_t>(value);
  }
  /// Nothing where the value is null.
  std::optional<std::int64_t> perhaps(const char* key) {
    const Node* found = node_.find(key);
    if (found != nullptr && found->is_null()) return std::nullopt;
    return integer(key);
  }
  bool flag(const char* key) { return get(key, &Node::is_bool).as_bool(); }
  drill::Duration duration(const char* key) { return drill::Duration(integer(key)); }
  base::WallTime wall(const char* key) { return base::WallTime(drill::Duration(integer(key))); }
  drill::TimePoint stamp(const char* key) {
    const Node* found = node_.find(key);
    if (found != nullptr && found->is_null()) return drill::kNever;
    return drill::TimePoint(drill::Duration(integer(key)));
  }
  template <class E>
  E word(const char* key) {
    const std::string value = text(key);
    const auto found = base::value_of<E>(value);
    if (!found) note(key, fmt::format("'{}' is no known word", value));
    return found.value_or(E{});
  }
  const Node& map(const char* key) { return get(key, &Node::is_map); }
  const Node& sequence(const char* key) { return get(key, &Node::is_sequence); }
  void note(const std::string& key, const std::string& what) {
    if (wrong_.empty()) wrong_ = key.empty() ? what : key + ": " + what;
  }

 private:
  const Node& get(const char* key, bool (Node::*is)() const) {
    const Node& found = node_[key];
    if (!(found.*is)()) note(key, "missing, or of a wrong type");
    return found;
  }
  const Node& node_;
  std::string& wrong_;
};

class Reader {
 public:
  explicit Reader(Container container) : file_(std::move(container)) {}

  Read<Bundle> run() {
    documents();
    about();
    clocks();
    streams();
    operations();
    reads();
    load();
    instrument();
    vantages();
    replication();
    timeline();
    if (damage_) return tl::unexpected(*damage_);
    out_.seal = file_.seal();
    out_.bytes = file_.size();
    out_.records = file_.records();
    return std::move(out_);
  }

 private:
  drill::Evidence& evidence() { return out_.evidence; }

  void fail(const std::string& record, const std::string& what) {
    if (damage_) return;
    const Container::Record* found = file_.find(record);
    damage_ = Damage{Fault::Malformed, found == nullptr ? 0 : found->index, record,
                     fmt::format("record {} cannot be read: {}", record, what)};
  }

  /// The decoded content; a record that has to be there and is not is damage.
  std::string content(const std::string& record, bool required = true) {
    const Container::Record* found = file_.find(record);
    if (found == nullptr) {
      if (required) fail(record, "it is missing");
      return {};
    }
    auto text = file_.content(*found);
    if (!text && !damage_) damage_ = text.error();
    return text ? std::move(*text) : std::string();
  }

  Node json(const std::string& record) {
    const std::string text = content(record);
    if (damage_) return {};
    auto node = api::parse_json(text);
    if (!node) fail(record, node.error().message);
    return node ? std::move(*node) : Node();
  }

  /// Calls `take(fields)` for each object of a list.
  template <class Take>
  void each(const std::string& record, const Node& items, Take take) {
    if (damage_) return;
    if (!items.is_sequence()) return fail(record, "it is no list");
    for (const Node& item : items.items()) {
      std::string wrong;
      Fields fields(item, wrong);
      take(fields);
      if (!wrong.empty()) return fail(record, wrong);
    }
  }

  /// Calls `take(fields)` for the object.
  template <class Take>
  void one(const std::string& record, const Node& node, Take take) {
    if (damage_) return;
    std::string wrong;
    Fields fields(node, wrong);
    take(fields);
    if (!wrong.empty()) fail(record, wrong);
  }

  void documents() {
    Documents& d = out_.documents;
    d.plan_yaml = content("plan.yaml", false);
    d.given_yaml = content("given.yaml", false);
    d.plan_json = content("plan.json", false);
    d.system_json = content("system.json", false);
    d.report_json = content("report.json", false);
  }

  void about() {
    one("about.json", json("about.json"), [&](Fields& f) {
      evidence().drill_id = f.text("drillId");
      evidence().profile = f.text("profile");
      for (const api::Entry& entry : f.map("versions").entries()) {
        evidence().versions[entry.key] = entry.value.as_string();
      }
      out_.about.plan = f.text("plan");
      out_.about.started = f.wall("started");
      out_.about.finished = f.wall("finished");
      out_.about.final_state = f.text("finalState");
      const Node& who = f.map("requestedBy");
      out_.about.requested_by = {who["uid"].as_int(-1), who["user"].as_string(),
                                 who["host"].as_string(), who["command"].as_string()};
    });
    const Node node = damage_ ? Node() : json("about.json");
    if (const Node* audit = node.find("audit"); audit != nullptr) {
      one("about.json", *audit, [&](Fields& f) {
        out_.about.audit =
            AuditHead{static_cast<std::uint64_t>(f.integer("entries")), f.text("digest")};
      });
    }
  }

  void clocks() { clocks("clocks.json", json("clocks.json"), evidence()); }

  template <class Measured>
  void clocks(const std::string& record, const Node& items, Measured& out) {
    each(record, items,
         [&](Fields& f) { out.anchors.push_back({f.stamp("steady"), f.wall("wall")}); });
  }

  void streams() {
    const Node node = json("streams.json");
    each("streams.json", node["servers"], [&](Fields& f) {
      evidence().servers.push_back(f.text("name"));
      evidence().server_instances.push_back(f.text("instance"));
    });
    each("streams.json", node["streams"], [&](Fields& f) {
      drill::StreamInfo s;
      const std::int64_t id = f.integer("id");
      if (id < 0 || id > 65535) f.note("id", "not from 0 to 65535");
      s.id = drill::StreamId(static_cast<std::uint16_t>(id));
      s.name = f.text("name");
      s.probe = f.text("probe");
      s.kind = f.word<drill::StreamKind>("kind");
      s.instance = f.text("instance");
      s.endpoint = f.text("endpoint");
      s.interval = f.duration("interval");
      s.deadline = f.duration("deadline");
      s.decides = f.flag("decides");
      s.signal = f.text_if("signal");
      evidence().streams.push_back(std::move(s));
    });
  }

  /// In order of the stream's number, whatever the order in the file, as Evidence demands.
  void operations() {
    constexpr std::string_view kPrefix = "operations/";
    std::vector<std::pair<std::uint16_t, std::string>> found;
    for (const Container::Record& record : file_.records()) {
      if (!record.name.starts_with(kPrefix)) continue;
      const std::string_view digits = std::string_view(record.name).substr(kPrefix.size());
      std::uint16_t id = 0;
      const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), id);
      if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) {
        return fail(record.name, "its name has no number of a stream");
      }
      found.emplace_back(id, record.name);
    }
    std::sort(found.begin(), found.end());
    for (std::size_t i = 0; i < found.size(); ++i) {
      const auto& [id, record] = found[i];
      const bool known =
          std::any_of(evidence().streams.begin(), evidence().streams.end(),
                      [&](const drill::StreamInfo& s) { return s.id.value() == id; });
      if (!known) return fail(record, "streams.json has no such stream");
      if (i > 0 && found[i - 1].first == id) return fail(record, "it stands twice");
      const std::size_t first = evidence().records.size();
      if (!read_operations(content(record), drill::StreamId(id), evidence().records)) {
        return fail(record, "it is no table of operations");
      }
      const auto begin = evidence().records.begin() + static_cast<std::ptrdiff_t>(first);
      const bool ordered = std::is_sorted(
          begin, evidence().records.end(),
          [](const drill::Record& a, const drill::Record& b) { return a.seq < b.seq; });
      if (!ordered) return fail(record, "its operations are not in order");
    }
  }

  void reads() {
    std::vector<std::int64_t> counts;
    each("reads.json", json("reads.json"), [&](Fields& f) {
      drill::FinalRead read;
      read.which = f.word<drill::FinalRead::Which>("which");
      read.instance = f.text("instance");
      read.began = f.stamp("began");
      read.ended = f.stamp("ended");
      read.complete = f.flag("complete");
      read.error = f.text("error");
      counts.push_back(f.integer("rows"));
      evidence().final_reads.push_back(std::move(read));
    });
    for (std::size_t i = 0; i < evidence().final_reads.size(); ++i) {
      const std::string record = fmt::format("rows/{}", i);
      const std::string bytes = content(record);
      if (damage_) return;
      std::vector<drill::FinalRow>& rows = evidence().final_reads[i].rows;
      if (!read_rows(bytes, rows)) return fail(record, "it is no table of rows");
      if (counts[i] != static_cast<std::int64_t>(rows.size())) {
        return fail(record, "reads.json says another number of rows");
      }
    }
  }

  void load() {
    std::int64_t samples = 0;
    one("load.json", json("load.json"), [&](Fields& f) {
      evidence().load_operations = f.sequence("operations").as_strings();
      samples = f.integer("samples");
      if (const auto seed = f.perhaps("seed")) {
        evidence().load_seed = static_cast<std::uint64_t>(*seed);
      }
    });
    const std::string bytes = content("load");
    if (damage_) return;
    if (!read_load(bytes, evidence().load)) return fail("load", "it is no table of load");
    if (samples != static_cast<std::int64_t>(evidence().load.size())) {
      fail("load", "load.json says another number of samples");
    }
  }

  void instrument() { instrument("instrument.json", json("instrument.json"), evidence()); }

  template <class Measured>
  void instrument(const std::string& record, const Node& node, Measured& out) {
    each(record, node["outages"], [&](Fields& f) {
      out.reference_outages.push_back({f.word<drill::ReferenceOutage::Kind>("kind"),
                                       f.stamp("began"), f.duration("length"),
                                       f.duration("uncertainty")});
    });
    each(record, node["stalls"],
         [&](Fields& f) { out.stalls.push_back({f.stamp("from"), f.stamp("to")}); });
  }

  /// Absent where the runner's was the only one: then no number of a stream says anything else.
  void vantages() {
    const std::string record = "vantages.json";
    if (damage_ || file_.find(record) == nullptr) return;
    const Node node = json(record);
    one(record, node, [&](Fields& f) { evidence().place = f.text("place"); });
    if (damage_) return;
    if (node["others"].size() >= drill::kVantagesMax) return fail(record, "too many of them");
    each(record, node["others"], [&](Fields& f) {
      drill::Vantage& out = evidence().vantages.emplace_back();
      out.place = f.text("place");
      out.missing = f.text("missing");
      if (f.sequence("exchanges").size() > kExchangesMax) f.note("exchanges", "too many");
      each(record, f.sequence("exchanges"), [&](Fields& e) {
        out.exchanges.push_back({e.stamp("asked"), e.stamp("theirs"), e.stamp("answered")});
      });
      instrument(record, f.map("instrument"), out);
      clocks(record, f.sequence("clocks"), out);
    });
    for (const drill::StreamInfo& info : evidence().streams) {
      if (drill::vantage_of(info.id) <= evidence().vantages.size()) continue;
      return fail(record, fmt::format("stream {} is of none of them", info.id.value()));
    }
  }

  void replication() {
    each("replication.json", json("replication.json"), [&](Fields& f) {
      drill::LagSample lag{f.stamp("at"), {}, {}};
      if (const auto bytes = f.perhaps("bytes")) lag.bytes = static_cast<std::uint64_t>(*bytes);
      if (const auto heard = f.perhaps("replayHeard")) lag.replay_heard = drill::Duration(*heard);
      evidence().lag.push_back(lag);
    });
    each("looks.json", json("looks.json"), [&](Fields& f) {
      evidence().looks.push_back(
          {f.stamp("at"), f.text("primary"), f.small("standbys"), f.flag("redundant")});
    });
    each("pool.json", json("pool.json"), [&](Fields& f) {
      evidence().pool.push_back({f.stamp("at"), f.small("busy"), f.small("waiting")});
    });
  }

  std::vector<drill::StepRun> steps(const Node& items) {
    std::vector<drill::StepRun> out;
    each("timeline.json", items, [&](Fields& f) {
      out.push_back({f.text("name"), f.text("phase"), f.duration("target"), f.stamp("began"),
                     f.stamp("ended"), f.flag("ok"), f.text("detail")});
    });
    return out;
  }

  void timeline() {
    const Node node = json("timeline.json");
    each("timeline.json", node["events"], [&](Fields& f) {
      evidence().timeline.push_back({f.stamp("at"), f.word<drill::TimelineEvent::Kind>("kind"),
                                     f.text("subject"), f.text("text")});
    });
    evidence().steps = steps(node["steps"]);
    evidence().failback = steps(node["failback"]);
    one("timeline.json", node, [&](Fields& f) {
      const Node& phases = f.map("phases");
      for (const api::Entry& entry : phases.entries()) {
        std::string wrong;
        const auto phase = base::value_of<drill::Phase>(entry.key);
        if (!phase) return f.note("phases", fmt::format("'{}' is no phase", entry.key));
        evidence().phase_began[*phase] = Fields(phases, wrong).stamp(entry.key.c_str());
        if (!wrong.empty()) return f.note("phases", wrong);
      }
      evidence().old_primary = f.text("oldPrimary");
      evidence().new_primary = f.text("newPrimary");
      evidence().ending = f.word<drill::Ending>("ending");
      evidence().ending_reason = f.text("endingReason");
    });
    one("timeline.json", node["moments"], [&](Fields& f) {
      evidence().fault_begun = f.stamp("faultBegun");
      evidence().fault_effective = f.stamp("faultEffective");
      evidence().declared = f.stamp("declared");
      evidence().decided = f.stamp("decided");
      evidence().redundancy_restored = f.stamp("redundancyRestored");
      evidence().ended = f.stamp("ended");
    });
  }

  Container file_;
  Bundle out_;
  std::optional<Damage> damage_;
};

}  // namespace

Read<Bundle> read(std::string bytes) {
  auto container = Container::open(std::move(bytes));
  if (!container) return tl::unexpected(container.error());
  return Reader(std::move(*container)).run();
}

}  // namespace bundle
