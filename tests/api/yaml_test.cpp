#include "api/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace api {
namespace {

Node one(std::string_view text) {
  auto documents = parse_yaml(text, "f.yaml");
  EXPECT_TRUE(documents) << format(documents.error());
  return documents && documents->size() == 1 ? documents->front() : Node();
}

std::string refused(std::string_view text) {
  const auto documents = parse_yaml(text, "f.yaml");
  return documents ? "" : format(documents.error());
}

TEST(Yaml, ReadsScalarsByTheCoreSchema) {
  EXPECT_EQ(one("[no, yes, on, off, y, n, 1:30, 0b1, 1_000, 2001-01-01]").as_strings().size(), 10U);
  EXPECT_EQ(to_json(one("[010, +7, -0, 0o17, 0x1F, 1.5, .5, 1e3, 5., true, False, ~, null, Null]")),
            "[10,7,0,15,31,1.5,0.5,1000.0,5.0,true,false,null,null,null]");
  EXPECT_EQ(to_json(one(R"(["1", '010', "true", 0x-1, 0o8, +, -, ., 1e, --1, +-1, !!str 12])")),
            R"(["1","010","true","0x-1","0o8","+","-",".","1e","--1","+-1","12"])");
  EXPECT_TRUE(one("99999999999999999999").is_double());
  EXPECT_TRUE(one("[.inf, -.Inf, .nan]").items()[1].as_double() < 0);
}

TEST(Yaml, NodesKnowWhereTheyStood) {
  const Node node = one("# comment\na:\n  b: [1, {c: x}]\n");
  EXPECT_EQ(node.entries()[0].mark, (Mark{2, 1}));
  EXPECT_EQ(node["a"].entries()[0].mark, (Mark{3, 3}));
  EXPECT_EQ(node["a"]["b"].items()[0].mark, (Mark{3, 7}));
  EXPECT_EQ(node["a"]["b"].items()[1]["c"].mark, (Mark{3, 14}));
}

TEST(Yaml, LoadsEachDocumentAloneWithItsLines) {
  const auto documents = parse_yaml("# head\n---\na: 1\n--- {b: 2}\n---\n# nothing\n...\n", "f");
  ASSERT_TRUE(documents) << format(documents.error());
  ASSERT_EQ(documents->size(), 2U);
  EXPECT_EQ((*documents)[0]["a"].mark, (Mark{3, 4}));
  EXPECT_EQ((*documents)[1]["b"].mark, (Mark{4, 9}));
  EXPECT_TRUE(parse_yaml("", "f")->empty());
  EXPECT_EQ(one("a: |\n  x\n   ---\nb: 1\n")["a"].as_string(), "x\n ---\n");
}

TEST(Yaml, ReportsTheProblemsOfEveryDocument) {
  EXPECT_EQ(refused("a: 1\na: 2\n---\nb: [\n"),
            "f.yaml:2:1: the key \"a\" stands here a second time; first in line 1\n"
            "f.yaml:5:1: this is no YAML: end of sequence flow not found\n");
}

TEST(Yaml, RefusesAKeyThatIsAQuoteLeftOpen) {
  const auto refused = parse_yaml("a: 1\n'" + std::string(201, 'k') + "': 2\n", "p.yaml");
  ASSERT_FALSE(refused);
  EXPECT_NE(format(refused.error()).find("a key of 201 bytes; at most 200 are allowed"),
            std::string::npos)
      << format(refused.error());
  EXPECT_TRUE(parse_yaml("'" + std::string(200, 'k') + "': 2\n", "p.yaml"));
}

TEST(Yaml, RefusesDuplicateKeysHoweverTheyAreWritten) {
  EXPECT_NE(refused("{a: 1, \"a\": 2}"), "");
  EXPECT_NE(refused("x: {1: a, '1': b}"), "");
  EXPECT_NE(refused("? [a]\n: b"), "");
  EXPECT_NE(refused("a: &x b\n*x : c"), "");
}

TEST(Yaml, ExpandsAliasesWithinTheLimit) {
  EXPECT_EQ(to_json(one("a: &x {b: 1}\nc: [*x, *x]")), R"({"a":{"b":1},"c":[{"b":1},{"b":1}]})");
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int k = 0; k < 9; ++k) bomb += ", " + before;
    bomb += "]\n";
  }
  EXPECT_NE(refused(bomb).find("more than 200000 values, aliases expanded"), std::string::npos);
  EXPECT_NE(refused("a: &x [*x]"), "");
  EXPECT_NE(refused("a: *unknown"), "");
}

// One long text and many aliases of it are few values and much memory.
TEST(Yaml, ALongTextCannotBeMultipliedByAliases) {
  std::string text = "a: &a \"" + std::string(1'000'000, 'x') + "\"\nb: [";
  for (int i = 0; i < 4'000; ++i) text += "*a, ";
  const auto refused = parse_yaml(text + "]\n", "p.yaml");
  ASSERT_FALSE(refused);
  EXPECT_THAT(format(refused.error()), testing::HasSubstr("p.yaml:2:"));
  EXPECT_THAT(format(refused.error()), testing::HasSubstr("bytes of text, aliases expanded"));
}

TEST(Yaml, AnchorsAroundAnchorsAreCounted) {
  std::string text;
  for (std::size_t i = 0; i < 60; ++i)
    text += "- &a" + std::to_string(i) + "\n" + std::string(i + 1, ' ');
  text += "- [";
  for (int i = 0; i < 20'000; ++i) text += "1, ";
  const auto refused = parse_yaml(text + "]\n", "p.yaml");
  ASSERT_FALSE(refused);
  EXPECT_THAT(format(refused.error()), testing::HasSubstr("values, aliases expanded"));
}

TEST(Yaml, AliasesCannotNestDeeperThanTheLimit) {
  std::string text = "a0: &a0 [x]\n";
  for (int i = 1; i < 100; ++i) {
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) +
            "]\n";
  }
  EXPECT_NE(refused(text).find("deeper than 64 levels"), std::string::npos);
}

TEST(Yaml, RefusesWhatIsTooBigOrTooDeep) {
  EXPECT_EQ(refused(std::string(4 << 20, '#')),
            "f.yaml: 4194304 bytes: a file may have at most 3145728\n");
  EXPECT_EQ(refused(std::string(65, '[') + std::string(65, ']')),
            "f.yaml:1:65: deeper than 64 levels\n");
  EXPECT_EQ(refused(std::string(64, '[') + std::string(64, ']')), "");
  EXPECT_NE(refused(std::string(100'000, '[')), "");
  EXPECT_NE(refused(std::string(100'000, '{')), "");
  std::string many = "[";
  for (int i = 0; i < 200'000; ++i) many += "1,";
  EXPECT_NE(refused(many + "1]"), "");
}

TEST(Yaml, RefusesTextsThatAreNotText) {
  EXPECT_EQ(refused("a: b\nc: \xff"), "f.yaml:2:4: this byte is not UTF-8\n");
  EXPECT_NE(refused("a: \xc0\x80"), "");
  EXPECT_NE(refused("a: \xed\xa0\x80"), "");
  EXPECT_NE(refused(std::string_view("a: \0", 4)), "");
  EXPECT_NE(refused("\xff\xfe"), "");
  EXPECT_EQ(one("\xef\xbb\xbf"
                "a: €")
                .entries()[0]
                .key,
            "a");
}

TEST(Yaml, RefusesWhatGoesOnAfterItsEnd) {
  EXPECT_NE(refused(","), "");
  EXPECT_NE(refused("[a]\nb"), "");
  EXPECT_NE(refused("a: 1\n}"), "");
  EXPECT_NE(refused("a: !local b"), "");
  EXPECT_NE(refused("a: b: c"), "");
}

TEST(Yaml, WhatIsWrittenReadsBackTheSame) {
  const Node node = parse_json(R"({"no":"no","a b":["1","true","~","",{"x":[],"y":{}},[1,[2]]],
      "n":null,"i":-5,"d":1.0,"big":1e+30,"s":"q\"\\\n\t\u007f\u0085\u2028\ufeff€😀","t":true,
      "list":[{"name":"a","v":{"w":1}},{"name":"b"}],"":"","-":"- a: b"})")
                        .value();
  EXPECT_EQ(one(to_yaml(node)), node) << to_yaml(node);
  EXPECT_EQ(to_yaml(one("a: {b: [1, {c: d, e: 2}]}")),
            "a:\n  b:\n    - 1\n    - c: \"d\"\n      e: 2\n");
}

}  // namespace
}  // namespace api
