#include "cli/object_shape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cli {
namespace {

using api::Node;
using testing::HasSubstr;

Node drill(const std::string& name, const std::string& more = "") {
  auto out = api::parse_json(R"({"apiVersion": "muster.dev/v1alpha1", "kind": "Drill",
      "metadata": {"name": ")" +
                             name + R"("}, "spec": {"planRef": {"name": "nightly"}})" + more + "}");
  EXPECT_TRUE(out.has_value()) << (out ? "" : out.error().message);
  return out.value_or(Node());
}

std::string printed(const std::string& word, const std::vector<Node>& objects, bool one = false,
                    bool bare = false) {
  auto shape = shape_of(word);
  EXPECT_TRUE(shape.has_value()) << (shape ? "" : shape.error().message);
  if (!shape) return "";
  shape->no_headers = bare;
  const auto out = object_text(*shape, objects, one);
  return out ? *out : "error: " + out.error().message;
}

TEST(ObjectShape, AnExpressionLooksAtTheListOrAtTheOneObject) {
  EXPECT_EQ(printed("jsonpath={.kind}", {drill("a")}, true), "Drill");
  EXPECT_EQ(printed("jsonpath={.kind} {.items[*].metadata.name}", {drill("a"), drill("b")}),
            "List a b");
  EXPECT_EQ(printed("jsonpath={.items[*].metadata.name}", {}), "");
  EXPECT_EQ(printed("jsonpath-as-json={.items[*].metadata.name}", {drill("a")}),
            "[\n    \"a\"\n]\n");
  EXPECT_THAT(printed("jsonpath={.items[3]}", {drill("a")}),
              HasSubstr("error: jsonpath {.items[3]}: "));
}

TEST(ObjectShape, ColumnsOfOnesOwn) {
  const std::vector<Node> two = {drill("a", R"(, "status": {"tags": ["x", "y"], "none": null})"),
                                 drill("long-name")};
  EXPECT_EQ(printed("custom-columns=NAME:.metadata.name,T:status.tags[*],P:{.spec.planRef}", two),
            "NAME        T        P\n"
            "a           x,y      map[name:nightly]\n"
            "long-name   <none>   map[name:nightly]\n");
  EXPECT_EQ(
      printed("custom-columns=N:{metadata.name},L:.status.tags,Z:.status.none", two, false, true),
      "a           [x y]    <nil>\nlong-name   <none>   <none>\n");
  EXPECT_EQ(printed("custom-columns=N:.a,M:.b", {}), "N     M\n") << "titles, as kubectl";
  EXPECT_EQ(printed("custom-columns=N:.a,M:.b", {}, false, true), "");
  EXPECT_THAT(printed("custom-columns=N:.spec[0]", two), HasSubstr("error: column N: "));
}

TEST(ObjectShape, AColumnThatIsNoneIsNamed) {
  for (const std::string bad :
       {"custom-columns=A:.a,", "custom-columns=A:{", "custom-columns=A:.a{.b}",
        "custom-columns=:", "custom-columns=A:."}) {
    const auto shape = shape_of(bad);
    ASSERT_FALSE(shape.has_value()) << bad;
    EXPECT_THAT(shape.error().message, HasSubstr("TITLE:PATH is needed")) << bad;
  }
  EXPECT_FALSE(shape_of("go-template={{.a}}").has_value());
  EXPECT_FALSE(shape_of("jsonpathx={.a}").has_value());
}

}  // namespace
}  // namespace cli
