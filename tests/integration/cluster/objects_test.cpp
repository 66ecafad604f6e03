// The kinds patch and manifest: any object, changed and put back.
#include <gmock/gmock.h>

#include "kind_test.h"

namespace cluster {
namespace {

using testing::HasSubstr;

class PatchTest : public KindTest {
 protected:
  static constexpr const char* kSettings =
      R"({"apiVersion":"v1","kind":"ConfigMap","name":"settings",
          "merge":{"data":{"a":"9","c":"3"},"metadata":{"labels":{"drill":"on"}}}})";
  void SetUp() override {
    KindTest::SetUp();
    make_config_map("settings", R"({"a":"1","b":"2"})");
    open();
  }
};

TEST_F(PatchTest, ItsUndoPutsBackWhatItChangedAndNothingElse) {
  ASSERT_TRUE(done(preflight("patch", kSettings)));
  const auto journal = prepare("patch", kSettings);
  ASSERT_TRUE(done(journal));
  EXPECT_EQ(get(kConfigMaps, "settings")["data"]["a"].as_string(), "1")
      << "preparing changes nothing";
  ASSERT_TRUE(done(apply("patch", kSettings, *journal)));
  EXPECT_EQ(get(kConfigMaps, "settings")["data"], json(R"({"a":"9","b":"2","c":"3"})"));
  EXPECT_TRUE(done(prove("patch", kSettings, *journal)));
  change(kConfigMaps, "settings", R"({"data":{"d":"theirs"},"metadata":{"labels":{"x":"y"}}})");
  ASSERT_TRUE(done(undo("patch", kSettings, *journal)));
  const Node back = get(kConfigMaps, "settings");
  EXPECT_EQ(back["data"], json(R"({"a":"1","b":"2","d":"theirs"})"));
  EXPECT_EQ(back["metadata"]["labels"], json(R"({"x":"y"})"));
  ASSERT_TRUE(done(undo("patch", kSettings, *journal)));
  EXPECT_EQ(version(get(kConfigMaps, "settings")), version(back))
      << "the second undo writes nothing";
}

TEST_F(PatchTest, ItsUndoWithoutApplyWritesNothing) {
  const auto journal = prepare("patch", kSettings);
  ASSERT_TRUE(done(journal));
  const std::string before = version(get(kConfigMaps, "settings"));
  ASSERT_TRUE(done(undo("patch", kSettings, *journal)));
  EXPECT_EQ(version(get(kConfigMaps, "settings")), before);
}

TEST_F(PatchTest, WhatIsNotInForceIsNoProof) {
  const std::string same = R"({"apiVersion":"v1","kind":"ConfigMap","name":"settings",
      "merge":{"data":{"a":"1"}}})";
  const auto nothing = prepare("patch", same);
  ASSERT_TRUE(done(nothing));
  ASSERT_TRUE(done(apply("patch", same, *nothing)));
  EXPECT_THAT(why(prove("patch", same, *nothing)), HasSubstr("had that value before"));
  const auto journal = prepare("patch", kSettings);
  ASSERT_TRUE(done(journal));
  ASSERT_TRUE(done(apply("patch", kSettings, *journal)));
  change(kConfigMaps, "settings", R"({"data":{"a":"1"}})");
  EXPECT_THAT(why(prove("patch", kSettings, *journal)), HasSubstr("or again: data.a"));
}

TEST_F(PatchTest, AnObjectThatWasMadeAnewIsLeftAlone) {
  const auto journal = prepare("patch", kSettings);
  ASSERT_TRUE(done(journal));
  remove(kConfigMaps, "settings");
  ASSERT_TRUE(done(undo("patch", kSettings, *journal))) << "there is nothing to put back";
  make_config_map("settings", R"({"a":"new"})");
  EXPECT_FALSE(done(apply("patch", kSettings, *journal))) << "it is not what was looked at";
  ASSERT_TRUE(done(undo("patch", kSettings, *journal)));
  EXPECT_EQ(get(kConfigMaps, "settings")["data"], json(R"({"a":"new"})"));
}

TEST_F(PatchTest, AJsonPatchOfAListIsPutBackWhole) {
  deploy("web", 1);
  const std::string image = R"({"apiVersion":"apps/v1","kind":"Deployment","name":"web","json":[
      {"op":"test","path":"/spec/replicas","value":1},
      {"op":"replace","path":"/spec/template/spec/containers/0/image","value":"broken"},
      {"op":"add","path":"/spec/template/metadata/annotations","value":{"k.io/drill":"on"}}]})";
  const Node before = get(kDeployments, "web")["spec"];
  const auto journal = prepare("patch", image);
  ASSERT_TRUE(done(journal));
  ASSERT_TRUE(done(apply("patch", image, *journal)));
  EXPECT_EQ(get(kDeployments, "web")["spec"]["template"]["spec"]["containers"]
                .items()[0]["image"]
                .as_string(),
            "broken");
  ASSERT_TRUE(done(prove("patch", image, *journal)));
  ASSERT_TRUE(done(undo("patch", image, *journal)));
  EXPECT_EQ(get(kDeployments, "web")["spec"], before);
}

TEST_F(PatchTest, WhatTheServerRefusesIsRefusedBeforeAnythingIsDone) {
  deploy("web", 1);
  EXPECT_THAT(why(prepare("patch", R"({"apiVersion":"apps/v1","kind":"Deployment","name":"web",
      "merge":{"spec":{"selector":{"matchLabels":{"app":"other"}}}}})")),
              HasSubstr("immutable"));
  EXPECT_THAT(why(prepare("patch", R"({"apiVersion":"v1","kind":"ConfigMap","name":"none",
      "merge":{"data":{"a":"b"}}})")),
              HasSubstr("not found"));
}

TEST_F(PatchTest, TheClusterAndWhoDidNotAgreeStayOutOfIt) {
  EXPECT_THAT(why(preflight("patch", R"({"apiVersion":"v1","kind":"Namespace","name":"default",
      "merge":{"metadata":{"labels":{"a":"b"}}}})")),
              HasSubstr("it has no namespace"));
  EXPECT_THAT(why(preflight("patch", R"({"apiVersion":"v1","kind":"Secret","name":"x",
      "merge":{"data":{"a":"b"}}})")),
              HasSubstr("kind 'Secret' of v1 is not allowed"));
  EXPECT_THAT(why(preflight("patch", R"({"apiVersion":"v1","kind":"Nonesuch","name":"x",
      "merge":{"data":{"a":"b"}}})")),
              HasSubstr("v1 has no kind 'Nonesuch'"));
  change(kNamespaces, space, R"({"metadata":{"labels":{"muster.dev/drills":null}}})");
  EXPECT_THAT(why(preflight("patch", kSettings)), HasSubstr("did not agree to be drilled"));
  change(kConfigMaps, "settings", R"({"metadata":{"labels":{"muster.dev/drills":"enabled"}}})");
  EXPECT_TRUE(done(preflight("patch", kSettings)));
}

class ManifestTest : public KindTest {
 protected:
  static constexpr const char* kQuota =
      R"({"object":{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"extra",
          "annotations":{"note":"x"}},"data":{"a":"1"}}})";
  void SetUp() override {
    KindTest::SetUp();
    open();
  }
};

TEST_F(ManifestTest, WhatItMadeIsDeleted) {
  ASSERT_TRUE(done(preflight("manifest", kQuota)));
  const auto journal = prepare("manifest", kQuota);
  ASSERT_TRUE(done(journal));
  EXPECT_TRUE(get(kConfigMaps, "extra").is_null()) << "preparing makes nothing";
  ASSERT_TRUE(done(undo("manifest", kQuota, *journal))) << "nothing was made";
  ASSERT_TRUE(done(apply("manifest", kQuota, *journal)));
  ASSERT_TRUE(done(prove("manifest", kQuota, *journal)));
  const Node notes = get(kConfigMaps, "extra")["metadata"]["annotations"];
  EXPECT_EQ(notes["note"].as_string(), "x");
  EXPECT_EQ(notes[kMadeBy].as_string(), "plan");
  ASSERT_TRUE(done(undo("manifest", kQuota, *journal)));
  EXPECT_TRUE(get(kConfigMaps, "extra").is_null());
  ASSERT_TRUE(done(undo("manifest", kQuota, *journal)));
  EXPECT_THAT(why(prove("manifest", kQuota, *journal)), HasSubstr("is not there any more"));
}

TEST_F(ManifestTest, WhatSomebodyElseMadeMeanwhileIsLeftAlone) {
  const auto journal = prepare("manifest", kQuota);
  ASSERT_TRUE(done(journal));
  make_config_map("extra", R"({"theirs":"1"})");
  EXPECT_THAT(why(apply("manifest", kQuota, *journal)), HasSubstr("already exists"));
  ASSERT_TRUE(done(undo("manifest", kQuota, *journal)));
  EXPECT_EQ(get(kConfigMaps, "extra")["data"], json(R"({"theirs":"1"})"));
}

TEST_F(ManifestTest, WhatWasThereIsPutBack) {
  make_config_map("extra", R"({"a":"0","b":"2"})");
  ASSERT_TRUE(done(preflight("manifest", kQuota)));
  const auto journal = prepare("manifest", kQuota);
  ASSERT_TRUE(done(journal));
  ASSERT_TRUE(done(apply("manifest", kQuota, *journal)));
  EXPECT_EQ(get(kConfigMaps, "extra")["data"], json(R"({"a":"1","b":"2"})"));
  ASSERT_TRUE(done(prove("manifest", kQuota, *journal)));
  ASSERT_TRUE(done(undo("manifest", kQuota, *journal)));
  const Node back = get(kConfigMaps, "extra");
  EXPECT_EQ(back["data"], json(R"({"a":"0","b":"2"})"));
  EXPECT_FALSE(back["metadata"].has("annotations"));
  ASSERT_TRUE(done(undo("manifest", kQuota, *journal)));
  EXPECT_EQ(version(get(kConfigMaps, "extra")), version(back));
}

TEST_F(ManifestTest, AnotherNamespaceAndTheClusterAreRefused) {
  EXPECT_THAT(why(preflight("manifest", R"({"object":{"apiVersion":"v1","kind":"ConfigMap",
      "metadata":{"name":"x","namespace":"default"}}})")),
              HasSubstr("manifest.object.metadata.namespace: 'default' is not allowed"));
  EXPECT_THAT(why(preflight("manifest", R"({"object":{"apiVersion":"v1","kind":"PersistentVolume",
      "metadata":{"name":"x"}}})")),
              HasSubstr("it has no namespace"));
  EXPECT_THAT(why(prepare("manifest", R"({"object":{"apiVersion":"v1","kind":"Service",
      "metadata":{"name":"x"},"spec":{"ports":[{"port":70000}]}}})")),
              HasSubstr("spec.ports[0].port"));
}

}  // namespace
}  // namespace cluster
