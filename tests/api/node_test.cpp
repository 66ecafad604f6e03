#include "api/node.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/json_plain.h"
#include "api/local_system.h"
#include "api/problem.h"

namespace api {
namespace {

std::string json_error(std::string_view text) {
  const auto node = parse_json(text);
  return node ? "" : node.error().message;
}

TEST(Node, MapsKeepTheirOrderAndReplaceInPlace) {
  Node node;
  node.set("z", 1).set("a", "x").set("z", 2);
  EXPECT_EQ(to_json(node), R"({"z":2,"a":"x"})");
  EXPECT_EQ(node["nothing"]["deeper"].as_int(7), 7);
  node.erase("z");
  EXPECT_EQ(node.size(), 1U);
}

TEST(Node, WrongTypesGiveTheFallback) {
  const Node text("x");
  EXPECT_EQ(text.as_int(3), 3);
  EXPECT_TRUE(text.items().empty());
  EXPECT_TRUE(text.entries().empty());
  EXPECT_EQ(Node(2).as_double(), 2.0);
  EXPECT_STREQ(Node::sequence().kind(), "list");
  EXPECT_STREQ(Node(1.5).kind(), "number");
}

TEST(Json, KeepsTypesAndRoundTrips) {
  const std::string text =
      R"({"a":null,"b":true,"c":-9223372036854775808,"d":1.5,"e":"x\n\u20ac","f":[1,[],{}]})";
  const auto node = parse_json(text);
  ASSERT_TRUE(node) << node.error().message;
  EXPECT_TRUE((*node)["c"].is_int());
  EXPECT_TRUE((*node)["d"].is_double());
  EXPECT_EQ((*node)["e"].as_string(), "x\n€");
  EXPECT_EQ(parse_json(to_json(*node, 2)).value(), *node);
}

TEST(Json, OneLineIsWhatTheManyAreWithoutTheSpace) {
  const Node node =
      parse_json(R"({"":[],"a b":{},"q\"\\\/\u0001\u007f\t€":["x\ny","",null,true,false],
      "n":[0,-1,9223372036854775807,-9223372036854775808,18446744073709551615,1.0,-0.0,1e-7,
      0.1,1e300],
      "deep":[[[{"a":[{}]}]]]})")
          .value();
  EXPECT_EQ(to_json(node),
            R"({"":[],"a b":{},"q\"\\/\u0001)"
            "\x7f"
            R"(\t€":["x\ny","",null,true,false],)"
            R"("n":[0,-1,9223372036854775807,-9223372036854775808,1.8446744073709552e+19,1.0,-0.0,)"
            R"(1e-07,0.1,1e+300],"deep":[[[{"a":[{}]}]]]})");
  EXPECT_EQ(nlohmann::ordered_json::parse(to_json(node, 2)).dump(), to_json(node));
  EXPECT_EQ(to_json(Node()), "null");
  EXPECT_EQ(to_json(Node::map().set("k\xff", "\xc3")), "{\"k\xef\xbf\xbd\":\"\xef\xbf\xbd\"}");
}

TEST(Json, NodesKnowWhereTheyStood) {
  const Node node =
      parse_json("{\n  \"a\": [12, \"x\\\"y\", true],\n  \"b\": {}, \"c\":-1}").value();
  EXPECT_EQ(node.mark, (Mark{1, 1}));
  EXPECT_EQ(node.entries()[0].mark, (Mark{2, 3}));
  EXPECT_EQ(node["a"].mark, (Mark{2, 8}));
  EXPECT_EQ(node["a"].items()[0].mark, (Mark{2, 9}));
  EXPECT_EQ(node["a"].items()[1].mark, (Mark{2, 13}));
  EXPECT_EQ(node["a"].items()[2].mark, (Mark{2, 21}));
  EXPECT_EQ(node.entries()[2].mark, (Mark{3, 12}));
  EXPECT_EQ(node["c"].mark, (Mark{3, 16}));
}

TEST(Json, RefusesWhatIsWrongAndSaysWhere) {
  EXPECT_EQ(json_error("{\"a\":1,\n \"a\":2}"),
            "line 2, column 2: \"a\" stands here a second time");
  EXPECT_EQ(json_error("{\"a\":\n x}"), "line 2, column 2: this is no JSON");
  EXPECT_NE(json_error(""), "");
  EXPECT_NE(json_error("1 2"), "");
  EXPECT_NE(json_error("\"\xff\""), "");
  EXPECT_NE(json_error("1e999"), "");
  EXPECT_EQ(json_error(std::string(64, '[') + std::string(64, ']')), "");
  EXPECT_EQ(json_error(std::string(65, '[') + std::string(65, ']')),
            "line 1, column 65: deeper than 64 levels");
  EXPECT_NE(json_error(std::string((64U << 20) + 1, ' ')), "");
}

bool same_with_marks(const Node& a, const Node& b) {
  if (!(a == b) || !(a.mark == b.mark)) return false;
  for (std::size_t i = 0; i < a.entries().size(); ++i) {
    const Entry &one = a.entries()[i], &other = b.entries()[i];
    if (!(one.mark == other.mark) || !same_with_marks(one.value, other.value)) return false;
  }
  for (std::size_t i = 0; i < a.items().size(); ++i) {
    if (!same_with_marks(a.items()[i], b.items()[i])) return false;
  }
  return true;
}

TEST(Json, WhatIsPlainIsReadInOnePassToTheSame) {
  for (
      const char* text :
      {R"({"a":[1,-0,-17,2.5,1e3,-1.25E-2,true,false,null,{},[],""],"b":{"c":"x\n\"\\\/\b\f\r\t"}})",
       " [ 1 ,\n\t{ \"a\" : [ ]\r\n, \"b\":\"\" } ]\n", "17", "\"x\"", "null",
       R"({"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":10,"k":11,"l":12,"m":13})"}) {
    const auto plain = read_plain_json(text, 64);
    const auto any = read_any_json(text);
    ASSERT_TRUE(plain && any) << text;
    EXPECT_TRUE(same_with_marks(*plain, *any)) << text;
  }
}

TEST(Json, WhatIsNotPlainIsLeftToTheWholeReader) {
  for (const char* text :
       {"",
        " ",
        "{",
        "[1",
        "[1,]",
        "{\"a\"}",
        "{\"a\":1,}",
        "{\"a\":1,\"a\":2}",
        "01",
        "-",
        "1.",
        "1.e3",
        "1e",
        "1e999",
        "9223372036854775808",
        "tru",
        "nulL",
        "'x'",
        "\"x",
        "\"\\u0041\"",
        "\"\\x\"",
        "\"\n\"",
        "\"é\"",
        "1 2",
        "[1] x",
        "{1:2}",
        R"({"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":10,"k":11,"l":12,"a":13})"}) {
    EXPECT_FALSE(read_plain_json(text, 64)) << text;
  }
  EXPECT_FALSE(read_plain_json("[[[]]]", 2));
  EXPECT_TRUE(read_plain_json("[[[]]]", 3));
}

TEST(Json, IsWrittenAsItAlwaysWas) {
  const Node node = Node::map()
                        .set("s", "a\"\\/\b\f\n\r\t\x01\x1f\x7f")
                        .set("é", "ü\n")
                        .set("d", Node::sequence({Node(1.0), Node(0.1), Node(-1e300), Node(1e16)}))
                        .set("e", Node::map())
                        .set("n", Node::sequence({Node(), Node(true), Node(-5)}));
  EXPECT_EQ(to_json(node), R"({"s":"a\"\\/\b\f\n\r\t\u0001\u001f)"
                           "\x7f\""
                           R"(,"é":"ü\n","d":[1.0,0.1,-1e+300,1e+16],"e":{},"n":[null,true,-5]})");
  EXPECT_EQ(to_json(node["n"], 2), "[\n  null,\n  true,\n  -5\n]");
  EXPECT_EQ(to_json(Node::map().set("a", Node::map()).set("b", Node::sequence({Node(1)})), 1),
            "{\n \"a\": {},\n \"b\": [\n  1\n ]\n}");
}

TEST(Json, InvalidUtf8IsReplacedOnOutput) {
  EXPECT_EQ(to_json(Node("a\xff")), "\"a\xef\xbf\xbd\"");
}

TEST(Problem, IsALineEachWithPlaceAndField) {
  EXPECT_EQ(format({{"plan.yaml", {12, 5}, "spec.objectives.rtoSeconds", "0 is out of range"},
                    {"plan.yaml", {}, "", "is empty"},
                    {"", {}, "a", "b"}}),
            "plan.yaml:12:5: spec.objectives.rtoSeconds: 0 is out of range\n"
            "plan.yaml: is empty\n"
            "a: b\n");
}

TEST(Substitute, ReplacesAndNamesWhatIsKnown) {
  const Substitutions values{{"primary", "a"}, {"port.a", "5432"}};
  EXPECT_EQ(substitute("x{primary}:{port.a}{{y}", values).value(), "xa:5432{y}");
  EXPECT_EQ(substitute("", values).value(), "");
  EXPECT_EQ(substitute("{prim}", values).error().message,
            "{prim} stands for nothing here; known are: {port.a}, {primary}");
  EXPECT_NE(substitute("{primary", values).error().message.find("never closed"), std::string::npos);
}

TEST(Substitute, ReachesEveryStringOfATree) {
  const Node node = parse_json(R"({"a":["{x}",1],"b":{"c":"{x}{x}"}})").value();
  EXPECT_EQ(to_json(substitute(node, {{"x", "1"}}).value()), R"({"a":["1",1],"b":{"c":"11"}})");
  EXPECT_FALSE(substitute(node, {}));
}

}  // namespace
}  // namespace api
