#include "api/sidecar_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/yaml.h"

namespace api {
namespace {

using testing::HasSubstr;

Node profile(const std::string& spec) {
  const auto documents = parse_yaml("kind: SidecarProfile\nspec:\n" + spec, "test");
  return documents ? documents->front() : Node();
}

TEST(SidecarProfile, WithoutInjectionThereAreDefaults) {
  const SidecarInjection defaults{.port = "",
                                  .container = "",
                                  .capture = SidecarCapture::Port,
                                  .resources = {.cpu_request = "10m",
                                                .memory_request = "24Mi",
                                                .cpu_limit = "",
                                                .memory_limit = "64Mi"},
                                  .admin_tls = {}};
  EXPECT_EQ(sidecar_injection(Node()).value(), defaults);
  EXPECT_EQ(sidecar_injection(profile("  headSeconds: 3\n")).value(), defaults);
  EXPECT_EQ(sidecar_injection(profile("  injection: {}\n")).value(), defaults);
}

TEST(SidecarProfile, InjectionSaysWhatThePodGets) {
  const auto found = sidecar_injection(
      profile("  injection:\n    port: \"8080\"\n    container: shop\n    capture: None\n"
              "    resources: {requests: {cpu: 50m}, limits: {cpu: \"1\"}}\n"));
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->port, "8080");
  EXPECT_EQ(found->container, "shop");
  EXPECT_EQ(found->capture, SidecarCapture::None);
  const SidecarResources expected{
      .cpu_request = "50m", .memory_request = "24Mi", .cpu_limit = "1", .memory_limit = "64Mi"};
  EXPECT_EQ(found->resources, expected);
  const auto redirected = sidecar_injection(profile("  injection: {capture: Redirect}\n"));
  ASSERT_TRUE(redirected) << redirected.error().message;
  EXPECT_EQ(redirected->capture, SidecarCapture::Redirect);
}

TEST(SidecarProfile, AnInjectionThatCannotBeCarriedOutIsToldByItsField) {
  const auto wrong = sidecar_injection(profile("  injection: {capture: Iptables, prot: http}\n"));
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message, HasSubstr("spec.injection.capture"));
  EXPECT_THAT(wrong.error().message, HasSubstr("Did you mean \"port\"?"));
}

TEST(SidecarProfile, OnlyWhatIsWrittenSaysLimits) {
  EXPECT_TRUE(says_limits(profile("  limits: dry-run\n")));
  EXPECT_FALSE(says_limits(profile("  trustedProxies: [10.0.0.0/8]\n")));
  EXPECT_EQ(sidecar_config_map("shop"), "muster-sidecar-shop");
}

}  // namespace
}  // namespace api
