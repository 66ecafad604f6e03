// The same commands as `muster cluster …` and as `kubectl muster …`.
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/options.h"

namespace cli {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

using Words = std::vector<std::string>;

Parsed plugin(const Words& words) {
  return parse(words, Calling::KubectlPlugin);
}

template <class T>
T command_of(const Parsed& parsed) {
  const T* out = parsed.command ? std::get_if<T>(&*parsed.command) : nullptr;
  EXPECT_NE(out, nullptr) << parsed.err;
  return out == nullptr ? T{} : *out;
}

TEST(ClusterOptions, TheNameOfTheProgramDecidesWhatItIs) {
  EXPECT_EQ(calling_of("/usr/bin/muster"), Calling::Muster);
  EXPECT_EQ(calling_of("kubectl-muster"), Calling::KubectlPlugin);
  EXPECT_EQ(calling_of("/opt/kubectl-muster"), Calling::KubectlPlugin);
  EXPECT_EQ(calling_of("./kubectl_complete-muster"), Calling::KubectlComplete);
  EXPECT_EQ(calling_of("/kubectl-muster/muster"), Calling::Muster);
  EXPECT_EQ(calling_of(""), Calling::Muster);
}

TEST(ClusterOptions, FlagsOfKubectlStandBeforeOrBehindTheCommand) {
  for (const Words& line : {Words{"-n", "shop", "--context", "prod", "watch", "d1"},
                            Words{"watch", "d1", "--namespace=shop", "--context=prod"}}) {
    const Parsed parsed = plugin(line);
    EXPECT_EQ(command_of<ClusterWatch>(parsed).drill, "d1");
    EXPECT_EQ(parsed.global.cluster.ns, "shop");
    EXPECT_EQ(parsed.global.cluster.context, "prod");
    EXPECT_EQ(parsed.global.calling, Calling::KubectlPlugin);
  }
  const Parsed parsed = parse({"cluster", "--kubeconfig", "k", "run", "p", "--as", "jane"});
  EXPECT_EQ(command_of<ClusterRun>(parsed).plan, "p");
  EXPECT_EQ(parsed.global.cluster.kubeconfig, "k");
  EXPECT_EQ(parsed.global.cluster.overrides.impersonate.user, "jane");
}

TEST(ClusterOptions, EveryCommandOfTheManualParses) {
  const auto run =
      command_of<ClusterRun>(plugin({"run", "p", "--profile", "quick", "--name", "d", "--watch",
                                     "--timeout-seconds", "9", "-o", "name"}));
  EXPECT_EQ(run.profile, "quick");
  EXPECT_EQ(run.name, "d");
  EXPECT_TRUE(run.watch);
  EXPECT_FALSE(run.wait);
  EXPECT_EQ(run.timeout_seconds, 9);
  EXPECT_EQ(run.shape.form, ObjectForm::Name);
  EXPECT_TRUE(command_of<ClusterAbort>(plugin({"abort", "d", "--wait"})).wait);
  EXPECT_EQ(command_of<ClusterApprove>(plugin({"approve", "d", "promote"})).step, "promote");
  const auto status = command_of<ClusterStatus>(plugin({"status", "-A", "-o", "wide"}));
  EXPECT_TRUE(status.all_namespaces);
  EXPECT_EQ(status.shape.form, ObjectForm::Wide);
  EXPECT_EQ(status.drill, "");
  const auto report =
      command_of<ClusterReport>(plugin({"report", "d", "-o", "html", "--out", "r.html"}));
  EXPECT_EQ(report.form, "html");
  EXPECT_EQ(report.out, "r.html");
  EXPECT_EQ(command_of<ClusterVerify>(plugin({"verify", "d", "--trust", "k"})).trust, "k");
  const auto enable = command_of<ClusterNamespace>(
      plugin({"enable", "shop", "--operator", "dr/op", "--rights-only", "--dry-run"}));
  EXPECT_EQ(enable.verb, "enable");
  EXPECT_EQ(enable.operator_account, "dr/op");
  EXPECT_TRUE(enable.rights_only && enable.dry_run);
  EXPECT_EQ(command_of<ClusterNamespace>(plugin({"disable", "shop"})).verb, "disable");
  EXPECT_EQ(command_of<Version>(plugin({"version", "-o", "json"})).output, Output::Json);
}

TEST(ClusterOptions, ThePluginHasTheCommandsOfAClusterAndCallsThemSo) {
  const std::string help = plugin({"--help"}).out;
  EXPECT_THAT(help, HasSubstr("kubectl muster run database-failover --profile quick --watch"));
  EXPECT_THAT(help, Not(HasSubstr("schedule")));
  EXPECT_THAT(plugin({"help", "run"}).out, HasSubstr("Usage: kubectl muster run [OPTIONS] PLAN"));
  EXPECT_THAT(plugin({"drill", "list"}).err,
              HasSubstr("'drill' is no command of 'kubectl muster'"));
  EXPECT_EQ(plugin({"drill", "list"}).exit, Exit::Usage);
  EXPECT_THAT(plugin({}).err, HasSubstr("'kubectl muster' needs a command"));
  EXPECT_THAT(plugin({"run"}).err, HasSubstr("kubectl muster run: PLAN is required"));
  EXPECT_THAT(plugin({"status", "-o", "xml"}).err,
              HasSubstr("'xml' is not allowed: wide, json, yaml, name, jsonpath=TEMPLATE"));
  EXPECT_THAT(plugin({"report", "d", "-o", "pdf"}).err,
              HasSubstr("'pdf' is not allowed: terminal, html, json or junit"));
  EXPECT_THAT(plugin({"watch", "d", "--timeout-seconds", "0"}).err, HasSubstr("0"));
  EXPECT_THAT(parse({"cluster"}).err, HasSubstr("'muster cluster' needs a command"));
}

TEST(ClusterOptions, TheWordsAfterTheProgramAreTheSameForBoth) {
  const CompletionNode root = command_words();
  const auto group = std::find_if(root.commands.begin(), root.commands.end(),
                                  [](const CompletionNode& one) { return one.name == "cluster"; });
  ASSERT_NE(group, root.commands.end());
  std::vector<std::string> own;
  for (const CompletionNode& one : command_words(Calling::KubectlPlugin).commands) {
    own.push_back(one.name);
  }
  EXPECT_EQ(own.size(), group->commands.size() + 2) << "and version and help";
  for (const CompletionNode& one : group->commands) EXPECT_THAT(own, Contains(one.name));
}

TEST(ClusterOptions, TheServerAndWhoWeAreAreSaidAsToKubectl) {
  const Parsed parsed = plugin({"-s",
                                "https://api:1",
                                "--token=t",
                                "--tls-server-name",
                                "api",
                                "--as-group",
                                "a",
                                "status",
                                "--as-group=b",
                                "--as",
                                "jane",
                                "--as-uid",
                                "7",
                                "--as-user-extra",
                                "scopes=x=y",
                                "--client-certificate",
                                "c.pem",
                                "--client-key",
                                "k.pem",
                                "--certificate-authority",
                                "ca.pem"});
  EXPECT_EQ(command_of<ClusterStatus>(parsed).drill, "");
  const kube::ConfigOverrides& over = parsed.global.cluster.overrides;
  EXPECT_EQ(over.server, "https://api:1");
  EXPECT_EQ(over.token, "t");
  EXPECT_EQ(over.tls_server_name, "api");
  EXPECT_EQ(over.certificate + over.key + over.authority, "c.pemk.pemca.pem");
  EXPECT_FALSE(over.insecure);
  EXPECT_EQ(over.impersonate.user, "jane");
  EXPECT_EQ(over.impersonate.uid, "7");
  EXPECT_THAT(over.impersonate.groups, testing::ElementsAre("a", "b"));
  EXPECT_THAT(over.impersonate.extra, testing::ElementsAre(testing::Pair("scopes", "x=y")));
  EXPECT_TRUE(plugin({"status", "--insecure-skip-tls-verify"}).global.cluster.overrides.insecure);
  EXPECT_THAT(plugin({"status", "--as-user-extra", "x"}).err, HasSubstr("KEY=VALUE"));
}

TEST(ClusterOptions, ARequestHasALimitUnlessItIsToHaveNone) {
  const auto limit = [](const std::string& text) {
    const Parsed parsed = plugin({"status", "--request-timeout", text});
    EXPECT_TRUE(parsed.command.has_value()) << parsed.err;
    return parsed.global.cluster.request_timeout.value_or(base::seconds(-1));
  };
  EXPECT_EQ(limit("5"), base::seconds(5));
  EXPECT_EQ(limit("1m30s"), base::seconds(90));
  EXPECT_EQ(limit("500ms"), base::millis(500));
  EXPECT_EQ(limit("1.5h"), base::seconds(5400));
  EXPECT_EQ(limit("0"), base::seconds(0));
  EXPECT_EQ(limit("0s"), base::seconds(0));
  EXPECT_FALSE(plugin({"status"}).global.cluster.request_timeout.has_value());
  for (const char* bad : {"", "s", "1.5", "-1", "1x", "1m30", "1e3s", "1..2s", "9999999h", "nan"}) {
    const Parsed parsed = plugin({"status", "--request-timeout", bad});
    EXPECT_EQ(parsed.exit, Exit::Usage) << bad;
    EXPECT_THAT(parsed.err, HasSubstr("is not allowed: seconds (30)")) << bad;
  }
}

TEST(ClusterOptions, AnExpressionIsJudgedBeforeAnythingIsAsked) {
  const auto shape = [](const Words& words) {
    return command_of<ClusterStatus>(plugin(words)).shape;
  };
  EXPECT_EQ(shape({"status", "-o", "jsonpath={.items[*].kind}"}).expression, "{.items[*].kind}");
  EXPECT_EQ(shape({"status", "-o=jsonpath={.a}"}).form, ObjectForm::JsonPath);
  EXPECT_EQ(shape({"status", "-ojsonpath-as-json={.a}"}).form, ObjectForm::JsonPathAsJson);
  EXPECT_EQ(shape({"status", "--output=custom-columns=N:.a,M:b"}).expression, "N:.a,M:b");
  const auto bare = shape({"status", "--no-headers", "-o", "wide"});
  EXPECT_TRUE(bare.no_headers && bare.form == ObjectForm::Wide);
  EXPECT_TRUE(shape({"status", "-o", "wide", "--no-headers"}).no_headers);
  for (const auto& [bad, why] : std::map<std::string, std::string>{
           {"jsonpath={.a", "jsonpath: {.a: character 4: '}' is missing"},
           {"jsonpath=", "jsonpath: nothing stands after the '='"},
           {"jsonpath", "jsonpath: nothing stands after the '='"},
           {"custom-columns=NAME", "column 'NAME': TITLE:PATH is needed"},
           {"custom-columns=N:.a[", "column 'N:.a[': {.a[}: character 4: ']' is missing"}}) {
    const Parsed parsed = plugin({"run", "p", "-o", bad});
    EXPECT_EQ(parsed.exit, Exit::Usage) << bad;
    EXPECT_THAT(parsed.err, HasSubstr(why));
  }
}

Words offered(const Words& words) {
  Words out;
  for (const Candidate& one : complete(command_words(Calling::KubectlPlugin), words).candidates) {
    out.push_back(one.word);
  }
  return out;
}

TEST(ClusterOptions, KubectlIsAnsweredInItsOwnWords) {
  const Parsed asked = parse({"--", "ru"}, Calling::KubectlComplete);
  EXPECT_EQ(command_of<Complete>(asked).words, (Words{"--", "ru"}));
  EXPECT_THAT(offered({"ru"}), testing::ElementsAre("run"));
  EXPECT_THAT(offered({"status", "-o", ""}),
              testing::ElementsAre("wide", "json", "yaml", "name", "jsonpath=", "jsonpath-as-json=",
                                   "custom-columns=", "jsonpath-file=", "custom-columns-file="));
  EXPECT_THAT(offered({"run", "p", "--"}), Contains("--namespace"));
  const Wanted file = complete(command_words(Calling::KubectlPlugin), {"report", "d", "--out", ""});
  EXPECT_EQ(kubectl_completion_answer(file), ":0\n");
  Wanted words;
  words.candidates = {{"run", "make a Drill"}};
  EXPECT_EQ(kubectl_completion_answer(words), "run\tmake a Drill\n:4\n");
}

TEST(ClusterOptions, WhatACompletionLooksUpIsAskedOfTheClusterOfTheLine) {
  const Wanted drill = complete(command_words(Calling::KubectlPlugin),
                                {"--context", "prod", "watch", "-nshop", "d"});
  EXPECT_EQ(drill.kind, ValueKind::ClusterDrill);
  EXPECT_EQ(drill.prefix, "d");
  EXPECT_EQ(drill.options.at("--context"), "prod");
  EXPECT_EQ(drill.options.at("--namespace"), "shop");
  const Wanted as = complete(command_words(Calling::KubectlPlugin),
                             {"--as", "jane", "--as-group=a", "--insecure-skip-tls-verify",
                              "--as-group", "b", "watch", ""});
  EXPECT_EQ(as.kind, ValueKind::ClusterDrill);
  EXPECT_TRUE(as.options.contains("--insecure-skip-tls-verify"));
  EXPECT_THAT(as.repeated, testing::ElementsAre(testing::Pair("--as-group", "a"),
                                                testing::Pair("--as-group", "b")));
}

}  // namespace
}  // namespace cli
