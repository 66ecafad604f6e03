#include "operator/injection_redirect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "yaml_text.h"

namespace op {
namespace {

using api::Node;
using api::SidecarCapture;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Node annotated(const std::string& annotations) {
  return yaml("{metadata: {annotations: {" + annotations + "}}}");
}

const SidecarSettings kSettings{.image = "muster:1"};
constexpr const char* kAsks =
    "metadata: {labels: {sidecar.muster.dev/inject: enabled}, annotations: "
    "{sidecar.muster.dev/capture: redirect}}";

Injection injected(const std::string& spec, const Node& labels = Node()) {
  return inject(yaml(std::string("{") + kAsks + ", spec: " + spec + "}"), labels, Node(),
                kSettings);
}

TEST(InjectionRedirect, ThePodsWordIsBeforeItsProfiles) {
  for (const auto profiles :
       {SidecarCapture::Port, SidecarCapture::Redirect, SidecarCapture::None}) {
    EXPECT_EQ(capture_of(annotated(""), profiles), profiles);
    EXPECT_EQ(capture_of(annotated("sidecar.muster.dev/capture: port"), profiles),
              SidecarCapture::Port);
    EXPECT_EQ(capture_of(annotated("sidecar.muster.dev/capture: redirect"), profiles),
              SidecarCapture::Redirect);
    EXPECT_EQ(capture_of(annotated("sidecar.muster.dev/capture: \"\""), profiles), std::nullopt);
    EXPECT_EQ(capture_of(annotated("sidecar.muster.dev/capture: None"), profiles), std::nullopt);
  }
  const Node profile = yaml("{spec: {injection: {capture: Redirect}}}");
  EXPECT_TRUE(wants_redirect(annotated(""), profile));
  EXPECT_TRUE(wants_redirect(annotated("sidecar.muster.dev/capture: redirect"), Node()));
  EXPECT_FALSE(wants_redirect(annotated("sidecar.muster.dev/capture: port"), profile));
  EXPECT_FALSE(wants_redirect(annotated(""), Node()));
}

TEST(InjectionRedirect, OnlyTheStandardsThatRefuseItDo) {
  for (const char* level : {"baseline", "restricted"}) {
    const Node labels = Node::map().set("pod-security.kubernetes.io/enforce", level);
    EXPECT_THAT(refuses_net_admin(labels), HasSubstr(level));
    const Injection injection =
        injected("{containers: [{name: app, ports: [{containerPort: 80}]}]}", labels);
    EXPECT_EQ(injection.result, Injected::PodSecurity);
    EXPECT_THAT(injection.warnings, ElementsAre(HasSubstr("which refuses a redirect")));
  }
  EXPECT_THAT(refuses_net_admin(yaml("{pod-security.kubernetes.io/enforce: privileged}")),
              IsEmpty());
  EXPECT_THAT(refuses_net_admin(yaml("{pod-security.kubernetes.io/warn: restricted}")), IsEmpty());
  EXPECT_THAT(refuses_net_admin(Node()), IsEmpty());
}

TEST(InjectionRedirect, AContainerBeforeTheSidecarPutsTheRulesThereAndHasOneCapability) {
  const Injection injection = injected("{containers: [{name: app, ports: [{containerPort: 80}]}]}");
  ASSERT_EQ(injection.result, Injected::Yes) << injection.why;
  const Node& step = injection.patch->items()[0];
  EXPECT_EQ(step["path"].as_string(), "/spec/initContainers");
  const Node::Sequence& both = step["value"].items();
  ASSERT_EQ(both.size(), 2U);
  EXPECT_EQ(both[0]["name"].as_string(), kRedirectContainer);
  EXPECT_EQ(both[0]["image"].as_string(), "muster:1");
  EXPECT_FALSE(both[0].has("restartPolicy"));
  EXPECT_THAT(both[0]["command"].as_strings(), ElementsAre("muster-redirect"));
  EXPECT_THAT(both[0]["args"].as_strings(),
              ElementsAre("--port=80", "--to=15001", "--probes=15002"));
  EXPECT_EQ(api::to_json(both[0]["securityContext"]),
            R"({"allowPrivilegeEscalation":false,"readOnlyRootFilesystem":true,)"
            R"("capabilities":{"drop":["ALL"],"add":["NET_ADMIN"]},"runAsNonRoot":false,)"
            R"("runAsUser":0,"runAsGroup":0,"seccompProfile":{"type":"RuntimeDefault"}})");
  EXPECT_EQ(both[1]["name"].as_string(), kSidecarContainer);
  EXPECT_EQ(api::to_json(both[1]["securityContext"]["capabilities"]), R"({"drop":["ALL"]})");
  EXPECT_EQ(both[1]["ports"].items()[0]["name"].as_string(), "muster-data");
}

TEST(InjectionRedirect, BehindContainersThatAreThereBothComeInOrder) {
  const Injection injection = injected(
      "{initContainers: [{name: migrate}], containers: [{name: app, ports: [{name: http, "
      "containerPort: 80}]}]}");
  std::vector<std::string> added;
  for (const Node& step : injection.patch->items()) {
    EXPECT_FALSE(step["path"].as_string().ends_with("/name"));  // no port is renamed
    if (step["path"].as_string() != "/spec/initContainers/-") continue;
    added.push_back(step["value"]["name"].as_string());
  }
  EXPECT_THAT(added, ElementsAre(kRedirectContainer, kSidecarContainer));
}

TEST(InjectionRedirect, WhatAsksForThePortIsFoundInEveryContainer) {
  const Node pod = yaml(
      "{spec: {containers: ["
      "{name: a, ports: [{containerPort: 8080, name: http}, {containerPort: 9, name: admin}, "
      "{containerPort: 8080, protocol: UDP, name: quic}], "
      "livenessProbe: {httpGet: {port: http}}, readinessProbe: {tcpSocket: {port: 8080}}, "
      "startupProbe: {grpc: {port: 8080}}, lifecycle: {postStart: {httpGet: {port: quic}}, "
      "preStop: {httpGet: {port: admin}}}}, "
      "{name: b, livenessProbe: {httpGet: {port: http}}, readinessProbe: {httpGet: {port: 8080}}, "
      "startupProbe: {httpGet: {port: 8080, host: example.com}}}, "
      "{name: c, livenessProbe: {exec: {command: [a]}}, readinessProbe: {httpGet: {port: 8081}}, "
      "lifecycle: {preStop: {tcpSocket: {port: 8080}}}}], "
      "initContainers: [{name: d}, {name: e, startupProbe: {tcpSocket: {port: 8080}}}]}}");
  EXPECT_THAT(askers_of(pod, 8080),
              ElementsAre("/spec/containers/0/livenessProbe/httpGet/port",
                          "/spec/containers/0/readinessProbe/tcpSocket/port",
                          "/spec/containers/0/startupProbe/grpc/port",
                          "/spec/containers/0/lifecycle/postStart/httpGet/port",
                          "/spec/containers/1/readinessProbe/httpGet/port",
                          "/spec/containers/2/lifecycle/preStop/tcpSocket/port",
                          "/spec/initContainers/1/startupProbe/tcpSocket/port"));
  EXPECT_THAT(askers_of(yaml("{spec: {containers: [{name: a}]}}"), 8080), IsEmpty());
}

TEST(InjectionRedirect, WhatWouldPassBySwappedNamesDoesNot) {
  for (const char* spec :
       {"{containers: [{name: app, ports: [{containerPort: 80}]}]}",
        "{containers: [{name: app, ports: [{name: http, containerPort: 80, hostPort: 88}]}]}",
        "{containers: [{name: app, ports: [{name: http, containerPort: 80}]}, {name: b, ports: "
        "[{name: http, containerPort: 81}]}]}"}) {
    EXPECT_EQ(injected(spec).result, Injected::Yes) << spec;
  }
  const std::pair<const char*, Injected> refused[] = {
      {"{hostNetwork: true, containers: [{name: app, ports: [{containerPort: 80}]}]}",
       Injected::HostNetwork},
      {"{containers: [{name: app}]}", Injected::NoPort},
      {"{containers: [{name: app, ports: [{containerPort: 80}, {containerPort: 81}]}]}",
       Injected::SeveralPorts},
      {"{containers: [{name: app, ports: [{containerPort: 80}]}, {name: muster-redirect}]}",
       Injected::NameTaken},
      {"{containers: [{name: app, ports: [{name: http, containerPort: 80}, {containerPort: "
       "15002}]}]}",
       Injected::PortTaken}};
  for (const auto& [spec, result] : refused) EXPECT_EQ(injected(spec).result, result) << spec;
}

TEST(InjectionRedirect, ANamespaceAsksForPortsThatSayHttp) {
  const Node pod = yaml(
      "{metadata: {annotations: {sidecar.muster.dev/capture: redirect}}, spec: {containers: "
      "[{name: app, ports: [{containerPort: 80}]}]}}");
  const Injection injection =
      inject(pod, Node::map().set(kSidecarsLabel, "enabled"), Node(), kSettings);
  EXPECT_EQ(injection.result, Injected::NotHttp);
  EXPECT_THAT(injection.why, HasSubstr("port 80 does not say HTTP"));
}

}  // namespace
}  // namespace op
