#include "operator/webhook_place.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace op {
namespace {

using api::Node;

const WebhookPlace kThere{"authority", "/secret/validate"};

Node json(const std::string& text) {
  auto out = api::parse_json(text);
  EXPECT_TRUE(out.has_value()) << text;
  return out.value_or(Node());
}
/// As the chart makes it, with two webhooks.
Node made(const std::string& client_config) {
  return json(
      R"({"metadata":{"name":"a","resourceVersion":"7"},"webhooks":[{"name":"one","clientConfig":)" +
      client_config + R"(},{"name":"two","clientConfig":)" + client_config + "}]}");
}

TEST(WebhookPlace, AServiceGetsPathAndAuthorityAndKeepsWhatIsTheCharts) {
  const Node chart = made(R"({"service":{"name":"s","namespace":"n","port":443}})");
  EXPECT_FALSE(leads_to(chart, kThere));
  EXPECT_TRUE(json(patch_to(chart, kThere)) ==
              json(R"({"metadata":{"resourceVersion":"7"},"webhooks":[
        {"name":"one","clientConfig":{"caBundle":"YXV0aG9yaXR5","service":{"path":"/secret/validate"}}},
        {"name":"two","clientConfig":{"caBundle":"YXV0aG9yaXR5","service":{"path":"/secret/validate"}}}]})"))
      << patch_to(chart, kThere);
}

TEST(WebhookPlace, OfAUrlThePathAloneIsOther) {
  for (const char* url :
       {"https://localhost:1", "https://localhost:1/", "https://localhost:1/a/b"}) {
    const Node patch = json(patch_to(made(std::string(R"({"url":")") + url + "\"}"), kThere));
    const Node& config = patch["webhooks"].items().at(0)["clientConfig"];
    EXPECT_EQ(config["url"].as_string(), "https://localhost:1/secret/validate") << url;
    EXPECT_FALSE(config.has("service"));
  }
}

TEST(WebhookPlace, EveryWebhookHasToLeadThere) {
  const Node right = made(R"({"caBundle":"YXV0aG9yaXR5","service":{"path":"/secret/validate"}})");
  EXPECT_TRUE(leads_to(right, kThere));
  EXPECT_TRUE(leads_to(right, {"authority", ""})) << "the path is nobody's business";
  EXPECT_FALSE(leads_to(right, {"another", kThere.path}));
  EXPECT_FALSE(leads_to(right, {"authority", "/another/validate"}));
  Node half = right;
  half.find("webhooks")->items().at(1).find("clientConfig")->find("service")->erase("path");
  EXPECT_FALSE(leads_to(half, kThere));
  EXPECT_TRUE(leads_to(Node(), kThere)) << "where there is none, nobody is sent anywhere";
  EXPECT_TRUE(
      leads_to(made(R"({"caBundle":"YXV0aG9yaXR5","url":"https://h/secret/validate"})"), kThere));
}

}  // namespace
}  // namespace op
