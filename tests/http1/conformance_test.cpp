// Every case of requests.txt has the outcome that the file says, in one piece and however it is
// cut.
#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "cases.h"
#include "http1/chunks.h"
#include "http1/head.h"
#include "reading.h"

namespace http1 {
namespace {

std::string refused(const Refusal& why) {
  return "refused " + std::to_string(why.status);
}

std::string chunked(std::string_view body) {
  ChunkDecoder decoder;
  const ChunkDecoder::Step all = decoder.pass(body);
  if (all.state == Parse::Refused) return "chunked " + refused(decoder.refusal());
  const bool exact = all.state == Parse::Done && all.taken == body.size();
  return exact ? "chunked " + std::to_string(decoder.payload_bytes()) : "chunked and no end";
}

std::string outcome(std::string_view bytes) {
  RequestHead head;
  Refusal why;
  Progress progress;
  const Parse state = parse_request(bytes, {}, progress, head, why);
  if (state == Parse::Refused) return refused(why);
  if (state == Parse::More) return "more";
  const std::string_view body = bytes.substr(head.bytes);
  std::string text = "none";
  if (head.body == Body::Chunked) text = chunked(body);
  if (head.body == Body::Length) text = "length " + std::to_string(head.length);
  if (head.body != Body::Chunked && body.size() != head.length) text += " and no end";
  return text + (head.keep_alive ? "" : " close");
}

TEST(Requests, HaveTheOutcomeThatTheRfcSays) {
  const std::vector<Case> cases = read_cases();
  ASSERT_GE(cases.size(), 100u);
  std::set<std::string> names;
  for (const Case& one : cases) {
    EXPECT_TRUE(names.insert(one.name).second) << one.name << " is there twice";
    EXPECT_EQ(outcome(one.bytes), one.want) << one;
    EXPECT_FALSE(one.rfc.empty()) << one;
  }
}

TEST(Requests, AreReadTheSameWhereverTheyAreCut) {
  for (const Case& one : read_cases()) {
    const std::string whole = read_request(one.bytes);
    const std::size_t size = one.bytes.size();
    const std::size_t stride = size < 1000 ? 1 : 499;
    for (std::size_t cut = 1; cut < size; cut += stride) {
      ASSERT_EQ(read_request(one.bytes, cut, size), whole) << one << " cut at " << cut;
    }
    EXPECT_EQ(read_request(one.bytes, 0, size < 1000 ? 1 : 101), whole) << one << " in pieces";
  }
}

TEST(Requests, AreNeverDoneBeforeTheirEmptyLine) {
  for (const Case& one : read_cases()) {
    RequestHead head;
    Refusal why;
    Progress progress;
    if (parse_request(one.bytes, {}, progress, head, why) != Parse::Done) continue;
    const std::string_view all_but_one = std::string_view(one.bytes).substr(0, head.bytes - 1);
    EXPECT_EQ(read_request(all_but_one), "more") << one;
  }
}

}  // namespace
}  // namespace http1
