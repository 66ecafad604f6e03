#include "operator/injection.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operator/injection_port.h"
#include "operator/injection_profile.h"
#include "yaml_text.h"

namespace op {
namespace {

using api::Node;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const SidecarSettings kSettings{
    .image = "muster:1",
    .resources = {
        .cpu_request = "10m", .memory_request = "24Mi", .cpu_limit = "", .memory_limit = "64Mi"}};

/// RFC 6902 as far as we speak it: add and replace.
void apply_step(Node& document, const Node& step) {
  Node* at = &document;
  std::string path = step["path"].as_string().substr(1);
  const auto take = [&] {
    std::string word = path.substr(0, path.find('/'));
    path.erase(0, std::min(path.size(), word.size() + 1));
    for (const auto& [from, to] : {std::pair{"~1", "/"}, std::pair{"~0", "~"}}) {
      for (auto i = word.find(from); i != std::string::npos; i = word.find(from)) {
        word.replace(i, 2, to);
      }
    }
    return word;
  };
  const bool adds = step["op"].as_string() == "add";
  for (std::string word = take();; word = take()) {
    if (path.empty() && at->is_sequence() && adds) {
      ASSERT_EQ(word, "-");
      at->push(step["value"]);
      return;
    }
    Node* next = at->is_sequence() ? &at->items().at(std::stoul(word)) : at->find(word);
    if (path.empty()) {
      ASSERT_TRUE(adds || next != nullptr) << step["path"].as_string();
      if (next != nullptr) {
        *next = step["value"];
      } else {
        at->set(word, step["value"]);
      }
      return;
    }
    ASSERT_NE(next, nullptr) << step["path"].as_string();
    at = next;
  }
}

Node applied(Node pod, const Injection& injection) {
  if (!injection.patch) return pod;
  for (const Node& step : injection.patch->items()) apply_step(pod, step);
  return pod;
}

/// A pod with these fields of its spec, that asked.
Node pod(const std::string& spec, const std::string& meta = "{}") {
  Node out = yaml("{apiVersion: v1, kind: Pod, metadata: " + meta + ", spec: " + spec + "}");
  Node& metadata = *out.find("metadata");
  if (!metadata.has("labels")) metadata.set("labels", Node::map().set(kInjectLabel, "enabled"));
  return out;
}

constexpr const char* kOnePort =
    "{containers: [{name: app, image: a, ports: [{name: http, containerPort: 8080}]}]}";

Node sidecar_of(const Node& pod) {
  return pod["spec"]["initContainers"].items().empty()
             ? Node()
             : pod["spec"]["initContainers"].items().back();
}

TEST(Injection, StandsInFrontOfTheNamedPort) {
  const Injection injection = inject(pod(kOnePort), Node(), Node(), kSettings);
  EXPECT_EQ(injection.result, Injected::Yes);
  EXPECT_THAT(injection.warnings, IsEmpty());
  const Node after = applied(pod(kOnePort), injection);
  const Node& port = after["spec"]["containers"].items()[0]["ports"].items()[0];
  EXPECT_EQ(port["name"].as_string(), "http-app");
  EXPECT_EQ(port["containerPort"].as_int(), 8080);
  const Node sidecar = sidecar_of(after);
  EXPECT_EQ(sidecar["name"].as_string(), kSidecarContainer);
  EXPECT_EQ(sidecar["restartPolicy"].as_string(), "Always");
  EXPECT_EQ(sidecar["image"].as_string(), "muster:1");
  EXPECT_EQ(sidecar["ports"].items()[0]["name"].as_string(), "http");
  EXPECT_EQ(sidecar["ports"].items()[0]["containerPort"].as_int(), 15001);
  EXPECT_THAT(sidecar["args"].as_strings(),
              ElementsAre("--config=/etc/muster/sidecar/profile.yaml", "--config-optional",
                          "--upstream=localhost:8080", "--listen=:15001",
                          "--admin-listen=[$(POD_IP)]:15020"));
  EXPECT_EQ(after["metadata"]["annotations"][kStatusAnnotation].as_string(), "Injected");
}

TEST(Injection, TheSidecarIsToldWhereTheKubeletsFiguresAreIfTheyAre) {
  SidecarSettings settings = kSettings;
  settings.pod_figures = "http://figures.muster:8081";
  const Injection injection = inject(pod(kOnePort), Node(), Node(), settings);
  const Node sidecar = sidecar_of(applied(pod(kOnePort), injection));
  // By variables, which an older image leaves alone: it has no such flag.
  const Node without =
      sidecar_of(applied(pod(kOnePort), inject(pod(kOnePort), Node(), Node(), kSettings)));
  EXPECT_EQ(sidecar["args"], without["args"]);
  std::vector<std::string> told;
  for (const Node& each : sidecar["env"].items()) {
    told.push_back(each["name"].as_string() + "=" + each["value"].as_string() +
                   each["valueFrom"]["fieldRef"]["fieldPath"].as_string());
  }
  EXPECT_THAT(told, ElementsAre("POD_IP=status.podIP", "POD_NAMESPACE=metadata.namespace",
                                "POD_NAME=metadata.name", "MUSTER_POD_UID=metadata.uid",
                                "MUSTER_POD_FIGURES=http://figures.muster:8081/pods/"
                                "$(POD_NAMESPACE)/$(POD_NAME)"));
}

TEST(Injection, TheSidecarIsAsTheRestrictedStandardWantsItWhateverThePodIs) {
  const Node as_root = yaml(
      "{apiVersion: v1, kind: Pod, metadata: {labels: {sidecar.muster.dev/inject: enabled}}, spec: "
      "{securityContext: {runAsUser: 0}, containers: [{name: app, ports: [{name: http, "
      "containerPort: 80}]}]}}");
  const Node sidecar = sidecar_of(applied(as_root, inject(as_root, Node(), Node(), kSettings)));
  EXPECT_EQ(api::to_json(sidecar["securityContext"]),
            R"({"allowPrivilegeEscalation":false,"readOnlyRootFilesystem":true,)"
            R"("capabilities":{"drop":["ALL"]},"runAsNonRoot":true,"runAsUser":65532,)"
            R"("runAsGroup":65532,"seccompProfile":{"type":"RuntimeDefault"}})");
  EXPECT_EQ(api::to_json(sidecar["resources"]),
            R"({"requests":{"cpu":"10m","memory":"24Mi"},"limits":{"memory":"64Mi"}})");
}

TEST(Injection, AmountsAreTheProfilesElseThoseOfTheRelease) {
  SidecarSettings settings = kSettings;
  settings.resources = {"1m", "2Mi", "", "3Mi"};
  const auto amounts = [&](const std::string& resources) {
    const Node profile = yaml("{spec: {injection: {resources: " + resources + "}}}");
    const Injection injection = inject(pod(kOnePort), Node(), profile, settings);
    return api::to_json(sidecar_of(applied(pod(kOnePort), injection))["resources"]);
  };
  EXPECT_EQ(amounts("{}"), R"({"requests":{"cpu":"1m","memory":"2Mi"},"limits":{"memory":"3Mi"}})");
  EXPECT_EQ(amounts("{limits: {memory: 4Mi, cpu: \"1\"}, requests: {cpu: 5m}}"),
            R"({"requests":{"cpu":"5m","memory":"2Mi"},"limits":{"cpu":"1","memory":"4Mi"}})");
  settings.resources = {"", "", "", ""};
  EXPECT_EQ(amounts("{}"), R"({"requests":{},"limits":{}})");
}

TEST(Injection, ProfileAndSecretsOfItsNameMayBeMissing) {
  const Node one = pod(kOnePort,
                       "{labels: {sidecar.muster.dev/inject: enabled}, annotations: "
                       "{sidecar.muster.dev/profile: shop}}");
  const Node after = applied(one, inject(one, Node(), Node(), kSettings));
  EXPECT_EQ(api::to_json(after["spec"]["volumes"]),
            R"([{"name":"muster-sidecar-profile","projected":{"sources":[)"
            R"({"configMap":{"name":"muster-sidecar-shop","optional":true}},)"
            R"({"secret":{"name":"muster-sidecar-shop","optional":true}}]}}])");
}

constexpr const char* kProbed =
    "{initContainers: [{name: migrate, image: m}], volumes: [{name: data, emptyDir: {}}], "
    "containers: [{name: log, image: l, livenessProbe: {httpGet: {port: http}}}, {name: app, "
    "image: a, env: [{name: A, value: b}], "
    "ports: [{name: admin, containerPort: 9000}, {name: http, containerPort: 8080}], "
    "livenessProbe: {httpGet: {path: /livez, port: http}, periodSeconds: 3}, "
    "readinessProbe: {tcpSocket: {port: http}}, startupProbe: {httpGet: {path: /, port: 8080}}, "
    "lifecycle: {preStop: {httpGet: {path: /bye, port: http}}, postStart: {exec: {command: [a]}}}"
    "}]}";

TEST(Injection, WhatAskedTheApplicationByNameAsksItByNumber) {
  const Node before = pod(kProbed);
  const Node after = applied(before, inject(before, Node(), Node(), kSettings));
  const Node& app = after["spec"]["containers"].items()[1];
  EXPECT_EQ(app["livenessProbe"]["httpGet"]["port"].as_int(), 8080);
  EXPECT_EQ(app["readinessProbe"]["tcpSocket"]["port"].as_int(), 8080);
  EXPECT_EQ(app["startupProbe"]["httpGet"]["port"].as_int(), 8080);
  EXPECT_EQ(app["lifecycle"]["preStop"]["httpGet"]["port"].as_int(), 8080);
  // A name is a container's own: of another one it was never this port.
  EXPECT_EQ(after["spec"]["containers"].items()[0], before["spec"]["containers"].items()[0]);
}

TEST(Injection, NothingElseOfThePodIsTouched) {
  const Node before = pod(kProbed,
                          "{labels: {sidecar.muster.dev/inject: enabled}, annotations: "
                          "{a: b}, generateName: web-}");
  Node after = applied(before, inject(before, Node(), Node(), kSettings));
  EXPECT_EQ(sidecar_of(after)["name"].as_string(), kSidecarContainer);
  // Undone by hand, field by field, it is what it was.
  after.find("spec")->find("initContainers")->items().pop_back();
  after.find("spec")->find("volumes")->items().pop_back();
  after.find("metadata")->find("annotations")->erase(kStatusAnnotation);
  Node& app = after.find("spec")->find("containers")->items()[1];
  app.find("ports")->items()[1].set("name", "http");
  app.find("livenessProbe")->find("httpGet")->set("port", "http");
  app.find("readinessProbe")->find("tcpSocket")->set("port", "http");
  app.find("lifecycle")->find("preStop")->find("httpGet")->set("port", "http");
  EXPECT_EQ(after, before);
}

struct Refusal {
  std::string spec, profile;
  Injected result;
  const char* why;
};

TEST(Injection, WhatCannotBeInjectedIsLeftAsItIsAndSaysWhy) {
  const std::string one = "ports: [{name: http, containerPort: 8080}]}]}";
  const Refusal cases[] = {
      {"{hostNetwork: true, containers: [{name: app, " + one, "", Injected::HostNetwork, "node's"},
      {"{os: {name: windows}, containers: [{name: app, " + one, "", Injected::Windows, "Windows"},
      {"{nodeSelector: {kubernetes.io/os: windows}, containers: [{name: app, " + one, "",
       Injected::Windows, "Windows"},
      {"{containers: [{name: muster-sidecar, " + one, "", Injected::NameTaken, "container"},
      {"{volumes: [{name: muster-sidecar-profile}], containers: [{name: app, " + one, "",
       Injected::NameTaken, "volume"},
      {"{containers: [{name: app}]}", "", Injected::NoPort, "TCP"},
      {"{containers: [{name: app, " + one, "{port: grpc}", Injected::NoPort, "'grpc'"},
      {"{containers: [{name: app, " + one, "{port: \"80\"}", Injected::NoPort, "'80'"},
      {"{containers: [{name: app, " + one, "{container: web}", Injected::NoPort, "TCP"},
      {"{containers: [{name: app, ports: [{name: a, containerPort: 1}, {containerPort: 2}]}]}", "",
       Injected::SeveralPorts, "ports a, 2 "},
      {"{containers: [{name: app, ports: [{containerPort: 8080}]}]}", "", Injected::UnnamedPort,
       "8080 of container app"},
      {"{containers: [{name: app, ports: [{name: http, containerPort: 80, hostPort: 88}]}]}", "",
       Injected::HostPort, "88"},
      {"{containers: [{name: app, ports: [{name: dns, containerPort: 53, protocol: UDP}]}]}",
       "{port: dns}", Injected::NotTcp, "UDP"},
      {"{containers: [{name: app, ports: [{name: http, containerPort: 15001}]}]}", "",
       Injected::PortTaken, "15001"},
      {"{containers: [{name: b, ports: [{containerPort: 15020}]}, {name: app, " + one, "",
       Injected::PortTaken, "15020"},
      {"{containers: [{name: istio-proxy}, {name: app, " + one, "", Injected::PortTaken, "istio"},
      {"{containers: [{name: b, ports: [{name: http, containerPort: 81}]}, {name: app, " + one, "",
       Injected::NamedTwice, "another"},
      {"{containers: [{name: app, " + one, "{capture: Iptables}", Injected::BadProfile, "capture"},
      {"{containers: [{name: app, " + one, "{resources: {requests: {memory: 1Gi}}}",
       Injected::BadProfile, "1Gi is above limits.memory: 64Mi"},
      {"{containers: [{name: app, " + one, "{resources: {limits: {cpu: lots}}}",
       Injected::BadProfile, "limits.cpu: 'lots'"},
  };
  for (const Refusal& each : cases) {
    const Node before = pod(each.spec);
    const Node profile =
        each.profile.empty() ? Node() : yaml("{spec: {injection: " + each.profile + "}}");
    const Injection injection = inject(before, Node(), profile, kSettings);
    EXPECT_STREQ(name(injection.result), name(each.result)) << each.spec;
    ASSERT_EQ(injection.warnings.size(), 1U) << each.spec;
    EXPECT_THAT(injection.warnings[0], HasSubstr(each.why));
    EXPECT_THAT(injection.warnings[0], HasSubstr(name(each.result)));
    const Node after = applied(before, injection);
    EXPECT_EQ(after["spec"], before["spec"]);
    EXPECT_THAT(after["metadata"]["annotations"][kStatusAnnotation].as_string(),
                HasSubstr(std::string("Refused: ") + name(each.result)));
    // A second time nothing is new.
    EXPECT_FALSE(inject(after, Node(), profile, kSettings).patch.has_value()) << each.spec;
  }
}

TEST(Injection, ANamespaceAsksForPortsThatSayHttp) {
  const Node labels = yaml("{muster.dev/sidecars: enabled}");
  const auto port = [](const char* name) {
    return yaml(
        std::string("{metadata: {name: p}, spec: {containers: [{name: app, ports: [{name: ") +
        name + ", containerPort: 80}]}]}}");
  };
  for (const char* name : {"http", "http-api", "web", "web-2"}) {
    EXPECT_EQ(inject(port(name), labels, Node(), kSettings).result, Injected::Yes) << name;
  }
  for (const char* name : {"postgres", "https", "grpc", "http2", "webhook"}) {
    EXPECT_EQ(inject(port(name), labels, Node(), kSettings).result, Injected::NotHttp) << name;
  }
  const Node named = yaml("{spec: {injection: {port: postgres}}}");
  EXPECT_EQ(inject(port("postgres"), labels, named, kSettings).result, Injected::Yes);
}

TEST(Injection, TwiceIsAsOnce) {
  for (const char* spec : {kOnePort, kProbed}) {
    const Node once = applied(pod(spec), inject(pod(spec), Node(), Node(), kSettings));
    const Injection again = inject(once, Node(), Node(), kSettings);
    EXPECT_EQ(again.result, Injected::Already);
    EXPECT_FALSE(again.patch.has_value());
    EXPECT_THAT(again.warnings, IsEmpty());
  }
}

TEST(Injection, WhatOthersAddedMeanwhileIsNoticed) {
  Node refused = pod("{containers: [{name: app}]}");
  refused = applied(refused, inject(refused, Node(), Node(), kSettings));
  refused.find("spec")
      ->find("containers")
      ->items()[0]
      .set("ports", yaml("[{name: http, containerPort: 8080}]"));
  const Injection injection = inject(refused, Node(), Node(), kSettings);
  EXPECT_EQ(injection.result, Injected::Yes);
  EXPECT_EQ(applied(refused, injection)["metadata"]["annotations"][kStatusAnnotation].as_string(),
            "Injected");
}

TEST(Injection, PodAndNamespaceAgreeAndThePodHasTheLastWord) {
  const Node in = Node::map().set(kSidecarsLabel, "enabled");
  const auto of = [](const std::string& labels) {
    return pod(kOnePort, "{labels: {" + labels + "}}");
  };
  const std::string label = kInjectLabel;
  EXPECT_EQ(asked(of(""), Node()), Injected::NotAsked);
  EXPECT_EQ(asked(of(""), in), Injected::Yes);
  EXPECT_EQ(asked(of(""), Node::map().set(kSidecarsLabel, "no")), Injected::NotAsked);
  EXPECT_EQ(asked(of(label + ": enabled"), Node()), Injected::Yes);
  EXPECT_EQ(asked(of(label + ": disabled"), in), Injected::NotAsked);
  EXPECT_EQ(asked(of(label + ": \"true\""), in), Injected::BadLabel);
  EXPECT_FALSE(inject(of(""), Node(), Node(), kSettings).patch.has_value());
  EXPECT_THAT(inject(of(label + ": \"yes\""), Node(), Node(), kSettings).warnings,
              ElementsAre(HasSubstr("'yes' is not allowed: enabled or disabled is")));
  const Node mirror = pod(kOnePort,
                          "{labels: {sidecar.muster.dev/inject: enabled}, annotations: "
                          "{kubernetes.io/config.mirror: abc}}");
  EXPECT_EQ(asked(mirror, in), Injected::MirrorPod);
  EXPECT_FALSE(inject(mirror, in, Node(), kSettings).patch.has_value());
}

TEST(Injection, TheProfileSaysWhichPort) {
  const std::string spec =
      "{containers: [{name: a, ports: [{name: grpc, containerPort: 9000}, {name: web, "
      "containerPort: 80}]}, {name: b, ports: [{name: other, containerPort: 81}]}]}";
  const std::pair<const char*, const char*> cases[] = {{"{port: grpc}", "9000"},
                                                       {"{port: \"80\"}", "80"},
                                                       {"{container: b}", "81"},
                                                       {"{port: web, container: a}", "80"}};
  for (const auto& [injection, number] : cases) {
    const Node profile = yaml(std::string("{spec: {injection: ") + injection + "}}");
    const Node after = applied(pod(spec), inject(pod(spec), Node(), profile, kSettings));
    EXPECT_THAT(sidecar_of(after)["args"].as_strings(),
                testing::Contains(std::string("--upstream=localhost:") + number));
  }
}

TEST(Injection, WithoutCaptureThePortStaysTheApplications) {
  const Node profile = yaml("{spec: {injection: {capture: None}}}");
  const std::string spec = "{containers: [{name: app, ports: [{containerPort: 8080}]}]}";
  const Node after = applied(pod(spec), inject(pod(spec), Node(), profile, kSettings));
  EXPECT_EQ(after["spec"]["containers"], pod(spec)["spec"]["containers"]);
  EXPECT_EQ(sidecar_of(after)["ports"].items()[0]["name"].as_string(), "muster-data");
}

TEST(Injection, TheOldNameIsFreeAndTheNewOneIsValid) {
  const auto renamed = [](const std::string& name, const std::string& others) {
    return name_of_captured(pod("{containers: [{name: app, ports: [{name: " + name +
                                ", containerPort: 1}" + others + "]}]}"),
                            name);
  };
  EXPECT_EQ(renamed("http", ""), "http-app");
  EXPECT_EQ(renamed("http", ", {name: http-app, containerPort: 2}"), "http-app2");
  EXPECT_EQ(renamed("a-long-port-nam", ""), "a-long-port-app");
  EXPECT_EQ(renamed("long-ports-b-12", ""), "long-ports-app");
}

TEST(Injection, NoProfilesNameMakesAPodThatIsRefused) {
  for (const char* good : {"default", "shop", "a.b-c", "0"}) EXPECT_TRUE(check_profile_name(good));
  const std::string cases[] = {"", "A", "a/b", "-a", "a..b", "a.", ".a", std::string(300, 'a')};
  for (const std::string& bad : cases) EXPECT_FALSE(check_profile_name(bad)) << bad;
  const Node named = pod(kOnePort,
                         "{labels: {sidecar.muster.dev/inject: enabled}, annotations: "
                         "{sidecar.muster.dev/profile: \"Shop!\"}}");
  EXPECT_EQ(inject(named, Node(), Node(), kSettings).result, Injected::BadProfile);
}

TEST(Injection, QuantitiesAreKubernetes) {
  EXPECT_DOUBLE_EQ(parse_quantity("100m").value(), 0.1);
  EXPECT_DOUBLE_EQ(parse_quantity("1.5Gi").value(), 1.5 * 1024 * 1024 * 1024);
  EXPECT_DOUBLE_EQ(parse_quantity("2").value(), 2);
  EXPECT_DOUBLE_EQ(parse_quantity("3k").value(), 3000);
  EXPECT_DOUBLE_EQ(parse_quantity("129e6").value(), 129e6);
  EXPECT_DOUBLE_EQ(parse_quantity("5E-1").value(), 0.5);
  EXPECT_DOUBLE_EQ(parse_quantity("2E").value(), 2e18);
  EXPECT_DOUBLE_EQ(parse_quantity("1Pi").value(), 1125899906842624);
  EXPECT_DOUBLE_EQ(parse_quantity("1500u").value(), 0.0015);
  for (const char* bad : {"", "m", "-1", "+1", "1 Gi", "1GiB", "inf", "nan", "1mm", "0x1", ".5",
                          "1e3Mi", "1e", "1e999", "1m5"}) {
    EXPECT_FALSE(parse_quantity(bad)) << bad;
  }
}

}  // namespace
}  // namespace op
