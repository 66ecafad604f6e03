// From a document of kind DrillSchedule to a Spec: the table says what fields there are, this file
// what expressions, zones and times must be. Both are looked at in one go, so that all problems are
// told at once.
#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "api/decode.h"
#include "api/field_text.h"
#include "api/tables.h"
#include "scheduling/engine.h"
#include "scheduling/spec.h"

namespace scheduling {
namespace {

using api::Node;

class Reader {
 public:
  Reader(api::Decoder& decoder, const Node& spec) : decoder_(decoder), spec_(spec) {}

  void read(Spec& out) {
    out.zone = zone(spec_, "spec", Zone::utc());
    out.cron = cron(spec_["schedule"], "spec.schedule");
    out.concurrency = concurrency(spec_["concurrencyPolicy"].as_string());
    out.in_blackout =
        spec_["blackoutPolicy"].as_string() == "Defer" ? InBlackout::Defer : InBlackout::Skip;
    out.starting_deadline = Seconds(spec_["startingDeadlineSeconds"].as_int(300));
    out.successful_limit = limit("successfulDrillsHistoryLimit");
    out.failed_limit = limit("failedDrillsHistoryLimit");
    out.suspend = spec_["suspend"].as_bool();
    const Node& drill = spec_["drill"];
    out.drill = {drill["plan"].as_string(), drill["profile"].as_string(),
                 drill["set"].as_strings()};
    if (drill["plan"].is_string()) nonempty(drill["plan"], "spec.drill.plan");
    if (drill.has("planRef")) out.drill.plan = drill["planRef"]["name"].as_string();
    const auto& windows = spec_["blackouts"].items();
    for (std::size_t i = 0; i < windows.size(); ++i) {
      read_blackout(windows[i], api::item_path("spec.blackouts", windows[i], i), out);
    }
  }

 private:
  static Concurrency concurrency(const std::string& word) {
    if (word == "Allow") return Concurrency::Allow;
    return word == "Replace" ? Concurrency::Replace : Concurrency::Forbid;
  }

  std::optional<std::int64_t> limit(const char* field) const {
    if (!spec_[field].is_int()) return std::nullopt;
    return spec_[field].as_int();
  }

  void nonempty(const Node& value, const std::string& path) {
    if (value.as_string().empty()) {
      decoder_.complain(value.mark, path, "\"\" is not allowed: a file's path is");
    }
  }

  Zone zone(const Node& holder, const std::string& path, const Zone& otherwise) {
    const Node& value = holder["timeZone"];
    if (!value.is_string()) return otherwise;
    auto zone = Zone::load(value.as_string());
    if (zone) return *zone;
    decoder_.complain(value.mark, path + ".timeZone", zone.error().message);
    return otherwise;
  }

  Cron cron(const Node& value, const std::string& path) {
    if (!value.is_string()) return {};
    auto cron = Cron::parse(value.as_string());
    if (cron) return *cron;
    decoder_.complain(value.mark, path, cron.error().message);
    return {};
  }

  std::optional<Instant> time(const Node& value, const std::string& path, const Zone& zone) {
    if (!value.is_string()) return std::nullopt;
    const auto time = parse_time(value.as_string(), zone);
    if (time) return *time;
    decoder_.complain(value.mark, path, time.error().message);
    return std::nullopt;
  }

  void belongs(const Node& window, const std::string& path, const char* first, const char* second,
               const char* other) {
    if (!window.has(second)) {
      decoder_.complain(window.mark, path + "." + second,
                        fmt::format("is missing: beside {} it is required", first));
    }
    if (const Node* stray = window.find(other)) {
      decoder_.complain(stray->mark, path + "." + other,
                        fmt::format("is not allowed beside {}: {} is", first, second));
    }
  }

  void read_blackout(const Node& window, const std::string& path, Spec& out) {
    Blackout blackout;
    blackout.name = window["name"].as_string();
    const Zone own = zone(window, path, out.zone);
    if (window.has("schedule") == window.has("from")) return;  // told by the table
    if (window.has("schedule")) {
      belongs(window, path, "schedule", "durationSeconds", "to");
      const Seconds length(window["durationSeconds"].as_int(60));
      blackout.window = Blackout::Recurring{cron(window["schedule"], path + ".schedule"), own,
                                            std::clamp(length, Seconds(60), Seconds(604'800))};
      out.blackouts.push_back(std::move(blackout));
      return;
    }
    belongs(window, path, "from", "to", "durationSeconds");
    const auto from = time(window["from"], path + ".from", own);
    const auto to = time(window["to"], path + ".to", own);
    if (!from || !to) return;
    if (*from >= *to) {
      decoder_.complain(window["to"].mark, path + ".to",
                        fmt::format("{} is not allowed: a time after {} is", text_of(*to, own),
                                    text_of(*from, own)));
    }
    blackout.window = Blackout::Absolute{*from, *to};
    out.blackouts.push_back(std::move(blackout));
  }

  api::Decoder& decoder_;
  const Node& spec_;
};

tl::expected<Spec, api::Problems> parse(const Node& document, const std::string& file,
                                        const api::FieldSpec& table) {
  static const api::ActionCatalog kNoActions;
  api::Decoder decoder(file, kNoActions);
  const Node decoded = decoder.decode(document, table, "");
  Spec out;
  out.file = file;
  out.name = decoded["metadata"]["name"].as_string();
  Reader(decoder, decoded["spec"]).read(out);
  if (!decoder.problems().empty()) return tl::unexpected(decoder.take());
  return out;
}

}  // namespace

tl::expected<Spec, api::Problems> parse_schedule(const Node& document, const std::string& file) {
  return parse(document, file, api::drill_schedule_table());
}

tl::expected<Spec, api::Problems> parse_cluster_schedule(const Node& document,
                                                         const std::string& file) {
  return parse(document, file, api::cluster_schedule_table());
}

std::vector<std::string> warnings(const Spec& spec, Instant now) {
  std::vector<std::string> out;
  if (spec.cron.either_day()) {
    out.push_back(
        fmt::format("schedule \"{}\" restricts day of month and day of week: a day that "
                    "fits either counts",
                    spec.cron.text()));
  }
  for (const Blackout& blackout : spec.blackouts) {
    const auto* once = std::get_if<Blackout::Absolute>(&blackout.window);
    if (once != nullptr && once->to <= now) {
      out.push_back(fmt::format("blackout {} ended at {}", blackout.name, utc_text(once->to)));
    }
  }
  constexpr std::size_t kLooked = 50;
  const auto slots = upcoming(spec, now, kLooked);
  const bool none = !spec.suspend && std::none_of(slots.begin(), slots.end(), [](const auto& one) {
    return one.starts.has_value();
  });
  if (none) {
    out.push_back(slots.empty() ? "no slot comes before the year 2250"
                                : fmt::format("none of the next {} slots starts: {}", slots.size(),
                                              slots.front().reason));
  }
  return out;
}

}  // namespace scheduling
