#include "cli/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/completion.h"

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
  const Case cases[] = {{{"drill", "ru"}, "'ru' is no command of 'drill'; allowed: run, list"},
                        {{"dril"}, "'dril' is no command of 'muster'"},
                        {{"drill", "run"}, "PLAN is required"},
                        {{"drill", "run", "p.yaml", "-o", "xml"}, "xml not in {table,json,yaml}"},
                        {{"drill", "run", "p.yaml", "--frobnicate"}, "--frobnicate"},
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

TEST(CliOptions, HelpGoesToStdoutAndIsNoError) {
  const Parsed parsed = parse({"drill", "--help"});
  EXPECT_EQ(parsed.exit, Exit::Ok);
  EXPECT_THAT(parsed.out, HasSubstr("recover"));
  EXPECT_EQ(parsed.err, "");
}

TEST(CliCompletion, EveryShellOffersCommandsAndOptionsButNoHiddenOnes) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const std::string script = completion_script(shell);
    EXPECT_THAT(script, HasSubstr("recover")) << shell;
    EXPECT_THAT(script, HasSubstr("profile")) << shell;
    EXPECT_THAT(script, testing::Not(HasSubstr("responder"))) << shell;
  }
  EXPECT_EQ(render_completion({}, "tcsh"), "");
}

}  // namespace
}  // namespace cli
