// Drills as texts: tests/transcripts/*.txt hold a configuration, events, and below each event the
// actions the engine answered with. They are reviewed as text; `test_sim --rewrite` writes the
// actions anew after a change of behaviour, and the diff is the review.
//
//   mode Observe | targets 2 | can_promote no | failback_always yes | watch_redundancy no …
//   timing baseline 10                     seconds, any field of EngineTiming used here
//   fault NAME UNDO | step NAME UNDO | failback NAME      then any of: looks forward-only continue
//   leftover PART NAME UNDO [forward-only] [restored]     the engine resumes
//   @12.5 Observed Good …                  an event at that second
//     -> Inject fault:0                    the answer
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>

#include <gtest/gtest.h>

#include "drill/engine.h"
#include "drill/engine_text.h"
#include "seed.h"

namespace drill {
namespace {

struct Setup {
  EngineConfig config;
  std::vector<Leftover> leftovers;
};

Setup setup_with_short_times() {
  Setup setup;
  setup.config.timing.baseline = base::seconds(10);
  setup.config.timing.hold = base::seconds(3);
  setup.config.timing.recovery = base::seconds(60);
  setup.config.timing.validation = base::seconds(20);
  setup.config.timing.overall = base::seconds(300);
  setup.config.isolated_cross_check = true;
  return setup;
}

bool read_timing(std::istringstream& in, EngineTiming& timing) {
  const std::map<std::string, base::Duration*> fields{
      {"baseline", &timing.baseline},     {"hold", &timing.hold},
      {"recovery", &timing.recovery},     {"validation", &timing.validation},
      {"overall", &timing.overall},       {"restore", &timing.restore},
      {"redundancy", &timing.redundancy}, {"restore_retry", &timing.restore_retry}};
  std::string key;
  std::int64_t value = 0;
  in >> key >> value;
  const auto field = fields.find(key);
  if (field == fields.end()) return false;
  *field->second = base::seconds(value);
  return true;
}

bool read_part(const std::string& kind, std::istringstream& in, EngineConfig& config) {
  PartConfig part;
  std::string word;
  in >> part.name;
  part.timeout = base::seconds(30);
  while (in >> word) {
    if (word == "looks") {
      part.changes_target = false;
    } else if (word == "forward-only") {
      part.forward_only = true;
    } else if (word == "continue") {
      part.on_failure = OnFailure::Continue;
    } else if (!parse(word, part.undo)) {
      return false;
    }
  }
  auto& list = kind == "fault" ? config.faults : kind == "step" ? config.steps : config.failback;
  list.push_back(part);
  return true;
}

bool read_leftover(std::istringstream& in, std::vector<Leftover>& leftovers) {
  Leftover left;
  std::string id, undo, word;
  in >> id >> left.name >> undo;
  while (in >> word) {
    left.forward_only |= word == "forward-only";
    left.restored |= word == "restored";
  }
  leftovers.push_back(left);
  return parse(id, leftovers.back().id) && parse(undo, leftovers.back().undo);
}

bool read_switch(const std::string& key, std::istringstream& in, EngineConfig& config) {
  const std::map<std::string, bool*> switches{{"can_promote", &config.can_promote},
                                              {"failback_always", &config.failback_always},
                                              {"watch_redundancy", &config.watch_redundancy},
                                              {"final_reads", &config.final_reads}};
  std::string value;
  in >> value;
  const auto found = switches.find(key);
  if (found == switches.end()) return false;
  *found->second = value == "yes";
  return value == "yes" || value == "no";
}

bool read_setup(const std::string& line, Setup& setup) {
  std::istringstream in(line);
  std::string key;
  in >> key;
  if (key == "timing") return read_timing(in, setup.config.timing);
  if (key == "fault" || key == "step" || key == "failback") {
    return read_part(key, in, setup.config);
  }
  if (key == "leftover") return read_leftover(in, setup.leftovers);
  if (key != "mode") return read_switch(key, in, setup.config);
  std::string mode;
  in >> mode;
  setup.config.mode = mode == "Observe" ? Mode::Observe : Mode::Orchestrate;
  return mode == "Observe" || mode == "Orchestrate";
}

/// The text with the actions the engine gives now.
std::string replay(const std::string& text) {
  Setup setup = setup_with_short_times();
  std::optional<Engine> engine;
  std::string out, line;
  for (std::istringstream in(text); std::getline(in, line);) {
    if (line.starts_with("  -> ")) continue;
    out += line + "\n";
    if (line.empty() || line.starts_with("#")) continue;
    if (!line.starts_with("@")) {
      EXPECT_FALSE(engine) << "configuration after an event: " << line;
      EXPECT_TRUE(read_setup(line, setup)) << line;
      continue;
    }
    if (!engine && setup.leftovers.empty()) engine.emplace(setup.config);
    if (!engine) engine.emplace(Engine::resume(setup.config, setup.leftovers));
    const auto space = line.find(' ');
    const auto event = parse_event(line.substr(std::min(space, line.size() - 1) + 1));
    if (!event) {
      ADD_FAILURE() << event.error().message;
      continue;
    }
    const double at = std::stod(line.substr(1, space));
    const TimePoint now{base::millis(std::llround(at * 1000))};
    for (const Action& action : engine->step(*event, now))
      out += "  -> " + to_string(action) + "\n";
  }
  EXPECT_TRUE(engine && engine->finished()) << "the drill of this transcript does not end";
  return out;
}

class EngineTranscript : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(EngineTranscript, IsWhatTheEngineDoes) {
  std::stringstream text;
  text << std::ifstream(GetParam()).rdbuf();
  const std::string now = replay(text.str());
  if (asked_rewrite()) {
    std::ofstream(GetParam()) << now;
    return;
  }
  EXPECT_EQ(text.str(), now) << GetParam() << ": test_sim --rewrite shows the difference in git";
}

std::vector<std::filesystem::path> transcripts() {
  std::vector<std::filesystem::path> out;
  for (const auto& entry :
       std::filesystem::directory_iterator(MUSTER_SOURCE_DIR "/tests/transcripts")) {
    if (entry.path().extension() == ".txt") out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

INSTANTIATE_TEST_SUITE_P(All, EngineTranscript, testing::ValuesIn(transcripts()),
                         [](const auto& info) {
                           std::string name = info.param.stem().string();
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace drill
