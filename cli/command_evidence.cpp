// `muster verify`, `muster keys` and `muster audit`: what an auditor asks. Nothing in here needs a
// network, and verify needs nothing of this machine but the file.
#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include <fmt/format.h>

#include "aio/clock.h"
#include "aio/file.h"
#include "bundle/trust.h"
#include "cli/commands.h"
#include "cli/evidence_view.h"
#include "runner/audit_trail.h"
#include "runner/evidence_file.h"
#include "runner/plan_compliance.h"
#include "runner/signing_key.h"
#include "runner/state_dir.h"

namespace cli {
namespace {

constexpr std::size_t kBundleMax = std::size_t{4} << 30;
constexpr std::size_t kAuditMax = std::size_t{1} << 30;

/// A path, or the bundle of a drill of this machine.
base::Result<std::string> bundle_path(const std::string& word, const Global& global) {
  if (aio::file_exists(word)) return word;
  TRY(const auto state, runner::StateDir::at(global.state_dir));
  const auto dir = state.find(word);
  if (!dir) {
    return base::fail(dir.error().code,
                      fmt::format("'{}' is no file; {}", word, dir.error().message));
  }
  return dir->bundle();
}

/// In a drill's folder the report beside the bundle is what all other commands show.
bool shows_the_same(const std::string& path, const bundle::Bundle& bundle, Console& console) {
  const std::filesystem::path file(path);
  const runner::DrillDir dir{file.parent_path().string()};
  if (file.filename() != "bundle.muster" || !aio::file_exists(dir.report_json())) return true;
  const auto same = runner::is_report_of(dir, bundle);
  if (same && *same) return true;
  console.note(
      fmt::format("error: {}, which the other commands show, {}\n", dir.report_json(),
                  same ? "is not the report of the bundle: it was changed" : same.error().message));
  return false;
}

}  // namespace

base::Result<std::vector<bundle::TrustedKey>> trust_of(const std::string& file,
                                                       const Global& global) {
  if (!file.empty()) {
    auto list = runner::trust_file(file);
    // A list that cannot be used is wrong usage, whatever is the matter with it.
    if (!list) return base::fail(base::Code::InvalidArgument, list.error().message);
    return list;
  }
  TRY(const auto state, runner::StateDir::at(global.state_dir));
  return runner::trusted_here(state);
}

Exit run(const Verify& command, const Global& global, Console& console) {
  const auto trust = trust_of(command.trust, global);
  if (!trust) return failed(console, trust.error());
  const auto path = bundle_path(command.bundle, global);
  if (!path) return failed(console, path.error());
  auto bytes = aio::read_file(*path, kBundleMax);
  if (!bytes) {
    console.note("error: " + bytes.error().message + "\n");
    if (*path != command.bundle && !aio::file_exists(*path)) {
      console.note(
          "a drill that was killed, or whose disk was full, leaves no bundle: `muster drill "
          "show` tells how it ended\n");
    }
    return Exit::Error;
  }
  const auto bundle = bundle::read(std::move(*bytes));
  const BundleVerdict verdict = judged(*path, bundle, *trust);
  console.data(rendered(tree_of(verdict), text_of(verdict), command.output));
  const Exit exit = exit_of(verdict);
  if (bundle && !shows_the_same(*path, *bundle, console) && exit == Exit::Ok) return Exit::Missed;
  return exit;
}

namespace {}  // namespace

Exit run(const Keys& command, const Global& global, Console& console) {
  const auto state = command.verb == "generate" ? runner::StateDir::open(global.state_dir)
                                                : runner::StateDir::at(global.state_dir);
  if (!state) return failed(console, state.error());
  if (command.verb == "show" && !aio::file_exists(state->keys() + "/evidence.key")) {
    if (const auto seen = aio::check_folder_if_there(state->keys()); !seen) {
      return failed(console, seen.error());
    }
    console.note(
        "error: there is no key yet; `muster keys generate` or the first drill makes it\n");
    return Exit::Error;
  }
  const auto own = runner::own_key(*state);
  if (!own) return failed(console, own.error());
  const crypto::PublicKey key = own->key.public_key();
  if (own->made) {
    aio::SystemClock clock;
    const auto told =
        runner::audit_request(*state, clock, "KeyMade", "", crypto::key_id(key) + " " + own->path);
    if (!told) console.note("warning: the audit log lacks this: " + told.error().message + "\n");
    console.note(fmt::format("made {}, readable by nobody else\n", own->path));
  } else if (command.verb == "generate") {
    console.note(fmt::format("{} is there already and stays\n", own->path));
  }
  console.note(fmt::format("key {}\n", crypto::key_id(key)));
  console.data(
      aio::read_file(state->keys() + "/evidence.pub").value_or(bundle::trust_line(key, "muster")));
  return Exit::Ok;
}

namespace {

base::Result<store::AuditTrailRead> read_log(const runner::StateDir& state) {
  if (!aio::file_exists(state.audit_log())) return store::read_audit("");
  TRY(const std::string bytes, aio::read_file(state.audit_log(), kAuditMax));
  return store::read_audit(bytes);
}

/// What makes the log doubtful, for people.
void warn(const store::AuditTrailRead& log, Console& console) {
  if (!log.damage.empty()) console.note("error: " + log.damage + "\n");
  if (log.torn > 0) {
    console.note(
        fmt::format("the last entry was not finished ({} bytes): a crash, no change\n", log.torn));
  }
}

/// The drills whose entries are wanted: a beginning of an id, or the newest one.
base::Result<std::string> drill_in(const store::AuditTrailRead& log, const std::string& wanted) {
  std::string newest;
  bool known = wanted.empty();
  for (const store::AuditEntry& entry : log.entries) {
    if (!entry.drill.empty()) newest = entry.drill;
    known |= entry.drill.starts_with(wanted);
  }
  if (wanted == "last" && !newest.empty()) return newest;
  if (known) return wanted;
  return base::fail(base::Code::NotFound,
                    fmt::format("no entry of a drill '{}' in the audit log", wanted));
}

Exit show_audit(const Audit& command, const store::AuditTrailRead& log, Console& console) {
  base::WallTime since = base::WallTime::min();
  if (!command.since.empty()) {
    const auto parsed = runner::parse_since(command.since, aio::wall_now());
    if (!parsed) return failed(console, parsed.error());
    since = *parsed;
  }
  const auto drill = drill_in(log, command.drill);
  if (!drill) return failed(console, drill.error());
  api::Node tree = api::Node::sequence();
  std::string text;
  for (const store::AuditEntry& entry : log.entries) {
    if (entry.at < since || !entry.drill.starts_with(*drill)) continue;
    tree.push(tree_of(entry));
    text += text_of(entry);
  }
  console.data(rendered(tree, text, command.output));
  warn(log, console);
  return log.damage.empty() ? Exit::Ok : Exit::Missed;
}

/// Drills that were asked for and of which there is no bundle here: archived, running, dead before
/// it was written, or taken away. Which of these, the log cannot know.
std::vector<std::string> without_bundle(const std::vector<runner::DrillDir>& drills,
                                        const store::AuditTrailRead& log) {
  std::set<std::string> asked;
  for (const store::AuditEntry& entry : log.entries) {
    if (entry.event == "DrillRequested") asked.insert(entry.drill);
  }
  for (const runner::DrillDir& dir : drills) {
    if (aio::file_exists(dir.bundle())) asked.erase(dir.id());
  }
  return {asked.begin(), asked.end()};
}

/// The bundles here know where the log ended when they were written.
base::Result<std::vector<std::string>> against_bundles(const std::vector<runner::DrillDir>& drills,
                                                       const store::AuditTrailRead& log,
                                                       std::size_t& checked) {
  std::vector<std::string> out;
  for (const runner::DrillDir& dir : drills) {
    TRY(aio::check_folder(dir.path));
    if (!aio::file_exists(dir.bundle())) continue;
    TRY(std::string bytes, aio::read_file(dir.bundle(), kBundleMax));
    const auto bundle = bundle::read(std::move(bytes));
    if (!bundle) {
      ++checked;
      out.push_back(
          fmt::format("the bundle of {} is damaged: {}", dir.id(), bundle.error().message));
      continue;
    }
    if (!bundle->about.audit) continue;
    const bundle::AuditHead& head = *bundle->about.audit;
    ++checked;
    const bool there = head.entries >= 1 && head.entries <= log.entries.size() &&
                       log.entries[head.entries - 1].digest == head.digest;
    if (there) continue;
    out.push_back(
        fmt::format("the bundle of {} knows another entry {}: entries are missing or "
                    "were written anew",
                    dir.id(), head.entries));
  }
  return out;
}

api::Node counts(const std::map<std::string, std::int64_t>& numbers) {
  api::Node out = api::Node::map();
  for (const auto& [what, number] : numbers) out.set(what, number);
  return out;
}

/// "FaultBegun 1, StepDone 7"
std::string joined(const std::map<std::string, std::int64_t>& numbers) {
  std::string out;
  for (const auto& [what, number] : numbers) {
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", what, number);
  }
  return out.empty() ? "none" : out;
}

Exit verify_audit(const Audit& command, const runner::StateDir& state,
                  const store::AuditTrailRead& log, Console& console) {
  std::size_t checked = 0;
  const auto drills = state.drills();
  if (!drills) return failed(console, drills.error());
  const auto against = against_bundles(*drills, log, checked);
  if (!against) return failed(console, against.error());
  const std::vector<std::string>& missing = *against;
  const std::vector<std::string> unseen = without_bundle(*drills, log);
  std::int64_t slow = 0;
  base::Duration slowest{};
  std::map<std::string, std::int64_t> events, users;
  for (const store::AuditEntry& entry : log.entries) {
    ++events[entry.event];
    ++users[entry.user + "@" + entry.host];
    slow += entry.write_before > store::kSlowAuditWrite;
    slowest = std::max(slowest, entry.write_before);
  }
  const bool good = log.damage.empty() && missing.empty();
  const api::Node tree = api::Node::map()
                             .set("log", state.audit_log())
                             .set("result", good                 ? "Verified"
                                            : log.damage.empty() ? "EntriesMissing"
                                                                 : "Changed")
                             .set("entries", static_cast<std::int64_t>(log.entries.size()))
                             .set("head", log.head)
                             .set("tornBytes", static_cast<std::int64_t>(log.torn))
                             .set("repairedLines", static_cast<std::int64_t>(log.repaired))
                             .set("damage", log.damage)
                             .set("bundles", static_cast<std::int64_t>(checked))
                             .set("missing", api::Node::strings(missing))
                             .set("drillsWithoutBundle", api::Node::strings(unseen))
                             .set("slowWrites", slow)
                             .set("slowestWriteSeconds", base::to_seconds(slowest))
                             .set("events", counts(events))
                             .set("users", counts(users));
  std::string text = fmt::format("{}: {}\n", state.audit_log(), tree["result"].as_string());
  text += fmt::format("  entries    {}, agreeing with {} bundles here\n", log.entries.size(),
                      checked - missing.size());
  text += fmt::format("  writes     {} slower than {}, the slowest {}\n", slow,
                      base::human(store::kSlowAuditWrite), base::human(slowest));
  if (log.repaired > 0) text += fmt::format("  crashes    {} tore an entry\n", log.repaired);
  text += "  by         " + joined(users) + "\n  events     " + joined(events) + "\n";
  for (const std::string& each : missing) text += "  " + each + "\n";
  for (const std::string& each : unseen) {
    text += fmt::format("  no bundle  of {}, which was asked for, is here\n", each);
  }
  console.data(rendered(tree, text, command.output));
  warn(log, console);
  return good ? Exit::Ok : Exit::Missed;
}

}  // namespace

Exit run(const Audit& command, const Global& global, Console& console) {
  const auto state = runner::StateDir::at(global.state_dir);
  if (!state) return failed(console, state.error());
  // Of nothing nothing can be said, least of all that it is in order.
  if (const auto seen = aio::check_folder(state->root()); !seen) {
    console.note("error: " + seen.error().message + "\n");
    return Exit::Error;
  }
  const auto log = read_log(*state);
  if (!log) {
    console.note("error: " + log.error().message + "\n");
    return Exit::Error;
  }
  return command.verb == "verify" ? verify_audit(command, *state, *log, console)
                                  : show_audit(command, *log, console);
}

}  // namespace cli
