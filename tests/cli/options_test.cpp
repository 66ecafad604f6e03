#include "cli/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/version.h"

namespace cli {
namespace {

using testing::HasSubstr;

template <class T>
const T* command_of(const Parsed& parsed) {
  return parsed.command ? std::get_if<T>(&*parsed.command) : nullptr;
}

TEST(CliOptions, DrillRunTakesPlanProfileAndSets) {
  const Parsed parsed = parse({"drill", "run", "p.yaml", "--profile", "quick", "--set", "a=1",
                               "--set", "b=2", "--dry-run", "-o", "json"});
  const auto* run = command_of<DrillRun>(parsed);
  ASSERT_NE(run, nullptr) << parsed.err;
  EXPECT_EQ(run->plan, "p.yaml");
  EXPECT_EQ(run->profile, "quick");
  EXPECT_EQ(run->sets, (std::vector<std::string>{"a=1", "b=2"}));
  EXPECT_TRUE(run->dry_run);
  EXPECT_EQ(run->output, Output::Json);
}

TEST(CliOptions, EveryCommandOfTheManualParses) {
  const std::vector<std::vector<std::string>> lines = {
      {"drill", "list"},
      {"drill", "show", "last", "-o", "yaml"},
      {"drill", "watch", "last"},
      {"drill", "abort", "x", "--reason", "enough"},
      {"drill", "report", "x", "--format", "html", "--to", "r.html"},
      {"drill", "recover"},
      {"drill", "recover", "x"},
      {"schedule", "run", "a.yaml", "b.yaml"},
      {"schedule", "next", "a.yaml", "-n", "20", "--from", "2027-03-27", "-o", "yaml"},
      {"schedule", "list", "-o", "json"},
      {"stop"},
      {"validate", "a.yaml", "b.yaml"},
      {"version", "-o", "json"},
      {"completion", "bash"},
      {"system", "status", "p.yaml"},
      {"schema", "Report"}};
  for (const auto& line : lines) {
    const Parsed parsed = parse(line);
    EXPECT_TRUE(parsed.command.has_value()) << line.front() << ": " << parsed.err;
  }
}

TEST(CliOptions, BadUsageSaysWhatIsAllowedAndExitsWithTwo) {
  struct Case {
    std::vector<std::string> line;
    const char* text;
  };
  const Case cases[] = {
      {{}, "'muster' needs a command\n\nMeasured"},
      {{"drill"}, "'muster drill' needs a command\n\nrun drills"},
      {{"drill", "ru"}, "'ru' is no command of 'muster drill'. Did you mean \"run\"? Allowed: run"},
      {{"drlil", "list"}, "'drlil' is no command of 'muster'. Did you mean \"drill\"?"},
      {{"--state-dir", "/x", "frob"},
       "'frob' is no command of 'muster'. Allowed: drill, compliance, schedule"},
      {{"help", "drill", "frob"}, "'frob' is no command of 'muster drill'"},
      {{"help", "relay"}, "'relay' is no command of 'muster'"},
      {{"audit", "frob", "--help"},
       "'frob' is no command of 'muster audit'. Allowed: show, verify\nsee `muster audit --help`"},
      {{"audit", "shwo", "--help"}, "Did you mean \"show\"?"},
      {{"drlil", "--help"}, "'drlil' is no command of 'muster'. Did you mean \"drill\"?"},
      {{"--state-dir", "", "drill", "list"},
       "--state-dir: '' is not allowed: the path of a folder"},
      {{"drill", "list", "--state-dir="}, "--state-dir: '' is not allowed: the path of a folder"},
      {{"--state-dir=", "drill", "list"}, "--state-dir: '' is not allowed: the path of a folder"},
      {{"drill", "run"}, "muster drill run: PLAN is required\nsee `muster drill run --help`"},
      {{"drill", "run", "a.yaml", "b.yaml"},
       "'b.yaml' is one argument too many: 'muster drill run' takes only PLAN"},
      {{"drill", "list", "x"}, "'muster drill list' takes no arguments"},
      {{"drill", "run", "p.yaml", "-o", "xml"}, "'xml' is not allowed: table, json or yaml"},
      {{"drill", "run", "p.yaml", "--profle=quick"},
       "'--profle' is no option of 'muster drill run'. Did you mean \"--profile\"?"},
      {{"schedule", "next", "s.yaml", "-n", "0"}, "0"},
      {{"schedule", "run"}, "muster schedule run: FILE is required"},
      {{"completion", "tcsh"}, "tcsh"},
      {{"stop", "--timeout-seconds", "0"}, "0"}};
  for (const Case& c : cases) {
    const Parsed parsed = parse(c.line);
    EXPECT_FALSE(parsed.command.has_value());
    EXPECT_EQ(parsed.exit, Exit::Usage);
    EXPECT_THAT(parsed.err, HasSubstr(c.text));
    EXPECT_EQ(parsed.out, "");
  }
}

TEST(CliOptions, AnEmptyValueTakesNoOtherWord) {
  const Parsed empty = parse({"drill", "abort", "--reason=", "last"});
  ASSERT_NE(command_of<DrillAbort>(empty), nullptr) << empty.err;
  EXPECT_EQ(command_of<DrillAbort>(empty)->reason, "");
  EXPECT_EQ(command_of<DrillAbort>(empty)->drill, "last");
  const Parsed set = parse({"drill", "run", "p.yaml", "--set", "spec.a="});
  ASSERT_NE(command_of<DrillRun>(set), nullptr) << set.err;
  EXPECT_EQ(command_of<DrillRun>(set)->sets, std::vector<std::string>{"spec.a="});
}

TEST(CliOptions, EvidenceCommands) {
  const Parsed checked = parse({"verify", "b.muster", "--trust", "keys", "-o", "yaml"});
  ASSERT_TRUE(checked.command) << checked.err;
  const auto& verify = std::get<Verify>(*checked.command);
  EXPECT_EQ(verify.bundle, "b.muster");
  EXPECT_EQ(verify.trust, "keys");
  EXPECT_EQ(verify.output, Output::Yaml);
  const Parsed shown = parse({"audit", "show", "--drill", "d", "--since", "2026-11-21"});
  ASSERT_TRUE(shown.command) << shown.err;
  EXPECT_EQ(std::get<Audit>(*shown.command).verb, "show");
  EXPECT_EQ(std::get<Audit>(*shown.command).since, "2026-11-21");
  const Parsed keys = parse({"keys", "generate"});
  ASSERT_TRUE(keys.command) << keys.err;
  EXPECT_EQ(std::get<Keys>(*keys.command).verb, "generate");
  EXPECT_EQ(parse({"verify"}).exit, Exit::Usage);
  EXPECT_EQ(parse({"audit", "verify", "--drill", "d"}).exit, Exit::Usage);
}

TEST(CliOptions, HelpGoesToStdoutAndIsNoError) {
  for (const auto& line : {std::vector<std::string>{"drill", "--help"}, {"help", "drill"}}) {
    const Parsed parsed = parse(line);
    EXPECT_EQ(parsed.exit, Exit::Ok);
    EXPECT_FALSE(parsed.command);
    EXPECT_THAT(parsed.out, HasSubstr("recover"));
    EXPECT_EQ(parsed.err, "");
  }
  EXPECT_EQ(parse({"help"}).out, parse({"--help"}).out);
  // A word too many of a command is no reason to keep its help back.
  EXPECT_THAT(parse({"audit", "show", "frob", "--help"}).out, HasSubstr("muster audit show -o"));
}

/// Every command below `node`, as the words that lead to it.
void collect(const CompletionNode& node, const std::vector<std::string>& path,
             std::vector<std::vector<std::string>>& out) {
  for (const CompletionNode& sub : node.commands) {
    std::vector<std::string> longer = path;
    longer.push_back(sub.name);
    out.push_back(longer);
    collect(sub, longer, out);
  }
}

TEST(CliOptions, TheHelpOfEveryCommandHasAnExample) {
  std::vector<std::vector<std::string>> commands;
  collect(command_words(), {}, commands);
  EXPECT_GE(commands.size(), 18U);
  for (std::vector<std::string> line : commands) {
    std::string words = "muster";
    for (const std::string& word : line) words += " " + word;
    line.emplace_back("--help");
    const std::string help = parse(line).out;
    EXPECT_THAT(help, HasSubstr("Usage: " + words)) << words;
    const std::size_t examples = help.find("Examples:\n");
    ASSERT_NE(examples, std::string::npos) << words;
    if (words != "muster completion")
      EXPECT_NE(help.find(words, examples), std::string::npos) << help;
    EXPECT_THAT(help, testing::Not(HasSubstr("PLAN TEXT"))) << words;
  }
}

TEST(CliOptions, VersionIsAnOptionAsWell) {
  for (const char* option : {"--version", "-V"}) {
    const Parsed parsed = parse({option});
    EXPECT_EQ(parsed.exit, Exit::Ok);
    EXPECT_EQ(parsed.out, version_line() + "\n");
  }
}

}  // namespace
}  // namespace cli
