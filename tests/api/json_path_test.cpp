#include "api/json_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace api {
namespace {

using testing::HasSubstr;

// Of the shape of a list of an API server.
const char* const kList = R"({"kind": "List", "items": [
  {"metadata": {"name": "a", "labels": {"app.kubernetes.io/name": "shop", "tier": "<web>"}},
   "status": {"phase": "Finished", "ratio": 0.5, "count": 3, "stale": false, "none": null}},
  {"metadata": {"name": "b"}, "status": {"phase": "Baseline", "count": 10, "stale": true}},
  {"metadata": {"name": "c"}}]})";

Node list() {
  auto out = parse_json(kList);
  EXPECT_TRUE(out.has_value());
  return out.value_or(Node());
}

std::string printed(const std::string& text) {
  const auto parsed = PathTemplate::parse(text);
  EXPECT_TRUE(parsed.has_value()) << text << ": " << (parsed ? "" : parsed.error().message);
  if (!parsed) return "";
  const auto out = parsed->print(list());
  return out ? *out : "error: " + out.error().message;
}

std::string refused(const std::string& text) {
  const auto parsed = PathTemplate::parse(text);
  return parsed ? "it was taken" : parsed.error().message;
}

TEST(JsonPath, TextStandsAsItIsAndFieldsAreLookedUp) {
  EXPECT_EQ(printed("kind: {.kind}!"), "kind: List!");
  EXPECT_EQ(printed("{$.kind}{@.kind}{ .kind }"), "ListListList");
  EXPECT_EQ(printed("{.nothing.at.all}"), "") << "what is not there is nothing";
  EXPECT_EQ(printed(".kind"), ".kind") << "without braces it is text, as for kubectl";
  EXPECT_EQ(printed(R"({.kind}{"\t"}{'\n'}{"ä\u00e9"})"), "List\t\näé");
  EXPECT_EQ(printed(""), "");
}

TEST(JsonPath, ValuesOfEveryKindAreShownAsKubectlShowsThem) {
  EXPECT_EQ(printed("{.items[0].status.ratio} {.items[0].status.count} {.items[0].status.stale}"),
            "0.5 3 false");
  EXPECT_EQ(printed("{.items[0].status.none}"), "null");
  EXPECT_EQ(printed("{.items[0].metadata.labels}"),
            R"({"app.kubernetes.io/name":"shop","tier":"\u003cweb\u003e"})");
  EXPECT_EQ(printed("{.items[1].metadata}"), R"({"name":"b"})");
}

TEST(JsonPath, NamesMayHaveDotsAndStandInBrackets) {
  EXPECT_EQ(printed(R"({.items[0].metadata.labels.app\.kubernetes\.io/name})"), "shop");
  EXPECT_EQ(printed(R"({.items[0].metadata.labels['app\.kubernetes\.io/name']})"), "shop");
  EXPECT_EQ(printed("{.items[0]['metadata.name']}"), "a") << "a path, as for kubectl";
  EXPECT_EQ(printed("{.items[0].['kind', 'metadata.name']}"), "a");
}

TEST(JsonPath, ListsAreIndexedFromBothEndsAndSliced) {
  EXPECT_EQ(printed("{.items[0].metadata.name}{.items[-1].metadata.name}"), "ac");
  EXPECT_EQ(printed("{.items[*].metadata.name}"), "a b c");
  EXPECT_EQ(printed("{.items[1:].metadata.name}"), "b c");
  EXPECT_EQ(printed("{.items[:2].metadata.name}"), "a b");
  EXPECT_EQ(printed("{.items[:-1].metadata.name}"), "a b");
  EXPECT_EQ(printed("{.items[0:3:2].metadata.name}"), "a c");
  EXPECT_EQ(printed("{.items[0,2].metadata.name}"), "a c");
  EXPECT_EQ(printed("{.items[0,0].metadata.name}"), "a a");
  EXPECT_EQ(printed("{.items[1:1].metadata.name}"), "");
  EXPECT_THAT(printed("{.items[3]}"), HasSubstr("[3] is out of bounds: the list has 3 items"));
  EXPECT_THAT(printed("{.items[-4]}"), HasSubstr("[-4] is out of bounds"));
  EXPECT_THAT(printed("{.items[2:1]}"), HasSubstr("[2:1] is out of bounds"));
  EXPECT_THAT(printed("{.kind[0]}"), HasSubstr("[…] selects from a list, and this is a string"));
  EXPECT_EQ(printed("{.nothing[0]}"), "");
}

TEST(JsonPath, EverythingBelowAndEverythingDeeper) {
  EXPECT_EQ(printed("{..name}"), "a b c");
  EXPECT_EQ(printed("{.items[1].status.*}"), "10 Baseline true");
  EXPECT_EQ(printed("{.items[1]..*}"),
            R"({"name":"b"} {"count":10,"phase":"Baseline","stale":true} b 10 Baseline true)");
  EXPECT_EQ(printed("{..metadata['name']}"), "a b c");
}

TEST(JsonPath, FiltersCompareOneValueWithOne) {
  EXPECT_EQ(printed(R"({.items[?(@.status.phase=="Finished")].metadata.name})"), "a");
  EXPECT_EQ(printed("{.items[?(@.status.phase!='Finished')].metadata.name}"), "b") << "c has none";
  EXPECT_EQ(printed("{.items[?(@.status.count > 3)].metadata.name}"), "b");
  EXPECT_EQ(printed("{.items[?(@.status.count>=3)].metadata.name}"), "a b");
  EXPECT_EQ(printed("{.items[?(@.status.count<10)].metadata.name}"), "a");
  EXPECT_EQ(printed("{.items[?(@.status.count<=10.0)].metadata.name}"), "a b");
  EXPECT_EQ(printed("{.items[?(@.status.stale==true)].metadata.name}"), "b");
  EXPECT_EQ(printed("{.items[?(@.status)].metadata.name}"), "a b") << "it is there";
  EXPECT_EQ(printed(R"({.items[?(@.metadata.name==")]")].kind})"), "") << "brackets within quotes";
  EXPECT_EQ(
      printed("{.items[?(@.metadata.labels['app\\.kubernetes\\.io/name']=='shop')].metadata.name}"),
      "a");
  EXPECT_THAT(printed("{.items[?(@.status.phase==3)]}"),
              HasSubstr("a string cannot be compared so with a integer"));
  EXPECT_THAT(printed("{.items[?(@.status.stale<true)]}"), HasSubstr("cannot be compared"));
  EXPECT_THAT(printed("{.items[?(@..name=='a')]}"), testing::Not(HasSubstr("error")));
  EXPECT_THAT(printed("{[?(@.kind=='List')]}"), HasSubstr("selects from a list"));
}

TEST(JsonPath, ARangePrintsItsBodyForEach) {
  EXPECT_EQ(printed(R"({range .items[*]}{.metadata.name}{"\t"}{.status.phase}{"\n"}{end}.)"),
            "a\tFinished\nb\tBaseline\nc\t\n.");
  EXPECT_EQ(printed("{range .nothing[*]}x{end}y"), "y");
  EXPECT_EQ(printed("{range .items[0:2]}[{range .status.*}{@},{end}]{end}"),
            "[3,null,Finished,0.5,false,][10,Baseline,true,]");
}

TEST(JsonPath, EachExpressionIsAListOfJson) {
  const auto parsed = PathTemplate::parse("{.items[*].metadata.name}{.nothing}");
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(*parsed->print_json(list()), "[\n    \"a\",\n    \"b\",\n    \"c\"\n]\n[]\n");
}

TEST(JsonPath, WhatIsWrongIsSaidWithItsPlace) {
  EXPECT_EQ(refused("ab{.a"), "character 6: '}' is missing");
  EXPECT_THAT(refused("{.a\n}"), HasSubstr("character 4: '}' is missing"));
  EXPECT_THAT(refused("{.}"), HasSubstr("character 3: a field's name is missing"));
  EXPECT_THAT(refused("{kind}"),
              HasSubstr("character 2: 'kind': a field begins with a dot ('.kind')"));
  EXPECT_THAT(refused("{.a range}"), HasSubstr("'range'"));
  EXPECT_THAT(refused("{.a[0}"), HasSubstr("character 4: ']' is missing"));
  EXPECT_THAT(refused("{.a[x]}"), HasSubstr("character 5: '[x]': an index, a range of them (1:3)"));
  EXPECT_THAT(refused("{.a[]}"), HasSubstr("'[]'"));
  EXPECT_THAT(refused("{.a[1,]}"), HasSubstr("character 7: '[]'"));
  EXPECT_THAT(refused("{.a[1:2:0]}"), HasSubstr("more than 0"));
  EXPECT_THAT(refused("{.a[99999999999]}"), HasSubstr("an index"));
  EXPECT_THAT(refused("{.a['b]}"), HasSubstr("']' is missing"));
  EXPECT_THAT(refused("{.a[\"b\"]}"), HasSubstr("in single quotes"));
  EXPECT_THAT(refused("{.a[?(@.b==1]}"), HasSubstr("')' is missing"));
  EXPECT_THAT(refused("{.a[?(@.b==1)}"), HasSubstr("character 14: ']' is missing"));
  EXPECT_THAT(refused("{.a[?(@.b==1 && @.c==2)]}"), HasSubstr("no && and no ||"));
  EXPECT_THAT(refused("{.a[?(@.b=1)]}"),
              HasSubstr("character 10: '=': ==, !=, <, <=, > or >= is needed"));
  EXPECT_THAT(refused("{.a[?(@.b=~'x')]}"), HasSubstr("'=~'"));
  EXPECT_THAT(refused("{.a[?(@.b==)]}"), HasSubstr("a value is missing after =="));
  EXPECT_THAT(refused("{....a}"), HasSubstr("'..' after '..'"));
  EXPECT_THAT(refused("{range .a[*]}x"), HasSubstr("without its {end}"));
  EXPECT_THAT(refused("x{end}"), HasSubstr("character 2: {end} without"));
  EXPECT_THAT(refused("{\"a"), HasSubstr("character 2: a quote that is not closed"));
  EXPECT_THAT(refused(R"({"\q"})"), HasSubstr("no escape"));
  EXPECT_THAT(refused(R"({"\ud800"})"), HasSubstr("no escape"));
  EXPECT_THAT(refused("{1.2.3}"), HasSubstr("'1.2.3' is no number"));
  EXPECT_THAT(refused("{#}"), HasSubstr("'#' is not allowed here"));
}

TEST(JsonPath, WhatGoesTooDeepOrTooFarIsRefused) {
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += "{range .a}";
  EXPECT_THAT(refused(deep), HasSubstr("too deep"));
  std::string filters = "@";
  for (int i = 0; i < 40; ++i) filters = "@[?(" + filters + ")]";
  EXPECT_THAT(refused("{" + filters + "}"), HasSubstr("too deep"));
  Node node("x");
  for (int i = 0; i < 60; ++i) node = Node::map().set("a", node).set("b", 1);
  const auto wide = PathTemplate::parse("{..a..a..a..a..a..a..a..a}");
  ASSERT_TRUE(wide.has_value());
  EXPECT_EQ(wide->print(node).error().code, base::Code::ResourceExhausted);
  EXPECT_THAT(refused(std::string(70000, 'x')), HasSubstr("more than 65536 bytes"));
}

TEST(JsonPath, FindsTheValuesThemselves) {
  const auto parsed = PathTemplate::parse("{.items[*].metadata.name}");
  ASSERT_TRUE(parsed.has_value());
  const Node whole = list();
  const auto found = parsed->find(whole);
  ASSERT_TRUE(found.has_value());
  ASSERT_EQ(found->size(), 3U);
  EXPECT_EQ(found->front(), &whole["items"].items()[0]["metadata"]["name"]);
}

}  // namespace
}  // namespace api
