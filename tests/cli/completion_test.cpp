#include "cli/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/options.h"

namespace cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

using Words = std::vector<std::string>;

Wanted at(const Words& words) {
  return complete(command_words(), words);
}

Words offered(const Words& words) {
  Words out;
  for (const Candidate& candidate : at(words).candidates) out.push_back(candidate.word);
  return out;
}

TEST(Completion, OffersCommandsThatBeginSoButNoHiddenOnes) {
  EXPECT_THAT(offered({"dr"}), ElementsAre("drill"));
  EXPECT_THAT(offered({"drill", "re"}), ElementsAre("report", "recover"));
  EXPECT_THAT(offered({}), Contains("completion"));
  EXPECT_THAT(offered({""}), Not(Contains("responder")));
  EXPECT_THAT(offered({"drill", "list", ""}), IsEmpty());
}

TEST(Completion, OffersOptionsOfTheCommandAndOfEveryCommandOnce) {
  const Words all = offered({"drill", "run", "p.yaml", "--"});
  for (const char* option : {"--profile", "--set", "--output", "--metrics-file", "--state-dir"}) {
    EXPECT_THAT(all, Contains(option));
  }
  EXPECT_EQ(std::count(all.begin(), all.end(), "--help"), 1);
  EXPECT_THAT(all, Not(Contains("--version")));
  EXPECT_THAT(offered({"drill", "run", "--dry-run", "--d"}), IsEmpty());
  EXPECT_THAT(offered({"drill", "run", "--set", "a=1", "--se"}), ElementsAre("--set"));
}

TEST(Completion, OffersTheValuesOfAnOptionInEveryNotation) {
  EXPECT_THAT(offered({"drill", "list", "-o", ""}), ElementsAre("table", "json", "yaml"));
  EXPECT_THAT(offered({"drill", "list", "--output", "j"}), ElementsAre("json"));
  EXPECT_THAT(offered({"drill", "list", "--output=j"}), ElementsAre("json"));
  EXPECT_THAT(offered({"drill", "list", "--output", "=", "j"}), ElementsAre("json"));  // bash
  EXPECT_THAT(offered({"drill", "list", "--output", "="}), ElementsAre("table", "json", "yaml"));
  EXPECT_THAT(offered({"drill", "report", "--format", ""}), Contains("junit"));
  EXPECT_THAT(offered({"schema", ""}), ElementsAre("Resource", "Report"));
  EXPECT_THAT(offered({"completion", "f"}), ElementsAre("fish"));
  EXPECT_THAT(offered({"help", "drill", "sh"}), ElementsAre("show"));
}

TEST(Completion, SaysWhatIsToBeLookedUp) {
  EXPECT_EQ(at({"drill", "run", ""}).kind, ValueKind::Yaml);
  EXPECT_EQ(at({"drill", "run", "a.yaml", ""}).kind, ValueKind::Any);
  EXPECT_EQ(at({"validate", "a.yaml", ""}).kind, ValueKind::Yaml);
  EXPECT_EQ(at({"drill", "show", "x"}).kind, ValueKind::Drill);
  EXPECT_EQ(at({"drill", "abort", ""}).kind, ValueKind::RunningDrill);
  EXPECT_EQ(at({"drill", "recover", ""}).kind, ValueKind::DeadDrill);
  EXPECT_EQ(at({"drill", "report", "x", "--to", ""}).kind, ValueKind::File);
  EXPECT_EQ(at({"--state-dir", ""}).kind, ValueKind::Folder);
  const Wanted profile =
      at({"--state-dir", "/s", "drill", "run", "my\\ plan.yaml", "--profile", "q"});
  EXPECT_EQ(profile.kind, ValueKind::Profile);
  EXPECT_EQ(profile.plan, "my plan.yaml");
  EXPECT_EQ(profile.prefix, "q");
  EXPECT_EQ(profile.state_dir, "/s");
}

TEST(Completion, UnfinishedAndOddLinesAreNoTrouble) {
  for (const Words& line : {Words{"="},
                            {"--", ""},
                            {"-"},
                            {"--", "--x"},
                            {"frob", "--", "-o"},
                            {"drill", "=", "="},
                            {"drill", "run", "--nope=", ""},
                            {"'", ""},
                            {"\\"},
                            {"-ojson", ""}}) {
    at(line);
  }
  EXPECT_EQ(completion_answer({}), ":none\n");
}

TEST(Completion, EveryShellHasAScriptThatAsksTheProgram) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    EXPECT_THAT(completion_script(shell), HasSubstr("__complete")) << shell;
  }
  EXPECT_EQ(completion_script("tcsh"), "");
}

}  // namespace
}  // namespace cli
