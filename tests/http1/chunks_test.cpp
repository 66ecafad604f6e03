#include "http1/chunks.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "reading.h"

namespace http1 {
namespace {

std::string read(std::string_view bytes, const ChunkLimits& limits = {}) {
  return read_chunks(bytes, 0, bytes.size() + 1, limits);
}

std::string in_chunks(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) {
    std::array<char, 18> space;
    text += std::string(chunk_line(part.size(), space)) + part + "\r\n";
  }
  return text + std::string(kLastChunk);
}

TEST(Rfc9112Section71, ABodyEndsAfterItsLastChunkAndNothingMoreIsTaken) {
  const std::string body = "5\r\nhello\r\n6;a=b\r\n, you.\r\n0\r\nX-Sum: 1\r\n\r\n";
  EXPECT_EQ(read(body), "done after 40\nhello, you.");
  EXPECT_EQ(read(body + "GET / HTTP/1.1\r\n"), "done after 40\nhello, you.");
  EXPECT_EQ(read(body.substr(0, body.size() - 1)), "more\nhello, you.");
}

TEST(Rfc9112Section71, PayloadIsShownWhereItLies) {
  ChunkDecoder decoder;
  const std::string_view body = "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\nrest";
  const ChunkDecoder::Step first = decoder.next(body);
  EXPECT_EQ(first.payload.data(), body.data() + 3);
  EXPECT_EQ(first.payload, "abc");
  EXPECT_EQ(first.taken, 6u);
  const ChunkDecoder::Step second = decoder.next(body.substr(6));
  EXPECT_EQ(second.payload, "de");
  const ChunkDecoder::Step third = decoder.next(body.substr(6 + second.taken));
  EXPECT_EQ(third.state, Parse::Done);
  EXPECT_EQ(third.payload, "");
  EXPECT_EQ(decoder.payload_bytes(), 5u);
  EXPECT_EQ(decoder.next("more").taken, 0u);
  EXPECT_EQ(decoder.next("more").state, Parse::Done);
}

TEST(Rfc9112Section71, WhoPassesBytesOnTakesThemAtOnce) {
  ChunkDecoder decoder;
  const std::string_view body = "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\nrest";
  const ChunkDecoder::Step all = decoder.pass(body);
  EXPECT_EQ(all.state, Parse::Done);
  EXPECT_EQ(body.substr(all.taken), "rest");
  EXPECT_EQ(decoder.payload_bytes(), 5u);
}

TEST(Rfc9112Section71, WhatIsNotExactlyAChunkIsRefused) {
  for (const char* body : {"\r\n",
                           "g\r\n",
                           "-1\r\na",
                           "+1\r\na",
                           " 1\r\na",
                           "0x1\r\na",
                           "1\na\r\n0\r\n\r\n",
                           "1\r\nab\r\n0\r\n\r\n",
                           "1\r\nab\n0\r\n\r\n",
                           "1\r\na\n0\r\n\r\n",
                           "1\r\na\r0\r\n\r\n",
                           "1 \r\na",
                           "1\t\r\na",
                           "1\r\r\na",
                           "1\ra",
                           "1;a\n",
                           "1;a\rb",
                           "1;\x01\r\n",
                           "1;\x7f\r\n",
                           "1 x\r\n",
                           "1,\r\n",
                           "00000000000000001\r\na",
                           "8000000000000000\r\n",
                           "ffffffffffffffff\r\n",
                           "0\r\n\n",
                           "0\r\n\rX",
                           "0\r\n X: 1\r\n\r\n",
                           "0\r\n: 1\r\n\r\n",
                           "0\r\nX\r\n\r\n",
                           "0\r\nX : 1\r\n",
                           "0\r\nX: 1\n",
                           "0\r\nX: \x01\r\n",
                           "0\r\nX: 1\rY",
                           "0\r\nX: 1\r\n 2\r\n\r\n"}) {
    EXPECT_EQ(read(body).substr(0, 11), "refused 400") << body;
  }
}

TEST(Rfc9112Section711, ExtensionsArePassedOverWithinABoundForTheWholeBody) {
  EXPECT_EQ(read("1;a=\"b;c\"\r\nx\r\n0 ; d\r\n\r\n"), "done after 23\nx");
  ChunkLimits limits;
  limits.extension_bytes = 4;
  EXPECT_EQ(read("1;a\r\nx\r\n1;b\r\ny\r\n0\r\n\r\n", limits), "done after 21\nxy");
  EXPECT_EQ(read("1;a\r\nx\r\n1;b\r\ny\r\n0;\r\n\r\n", limits),
            "refused 400: chunk extensions that are too long");
}

TEST(Rfc9110Section651, ATrailerThatWouldChangeTheMessageIsRefused) {
  for (const char* name : {"Transfer-Encoding", "content-length", "HOST", "Authorization", "te",
                           "Set-Cookie", "X-Forwarded-For", "If-Unmodified-Since", "Age", "Via"}) {
    EXPECT_EQ(read("0\r\n" + std::string(name) + ": 1\r\n\r\n"),
              "refused 400: a field that may not be in a trailer")
        << name;
  }
  EXPECT_EQ(read("0\r\nX-Sum: 1\r\nHost: 1\r\n\r\n").substr(0, 11), "refused 400");
  for (const char* name : {"X-Sum", "Hos", "Hosts", "Grpc-Status", "Server-Timing", "ETag",
                           "X-A-Name-That-Is-Longer-Than-Any-Of-Those"}) {
    EXPECT_EQ(read("0\r\n" + std::string(name) + ":1\r\n\r\n").substr(0, 10), "done after") << name;
  }
}

TEST(Rfc9110Section651, ATrailerThatAProgramCouldTakeForAGivenFieldIsRefused) {
  const std::string longest = "X-" + std::string(57, 'a') + "Nonce";
  for (const std::string& field : {std::string("X-CSP-Nonce"), longest}) {
    ChunkLimits limits;
    limits.refused_trailer = field;
    std::string as_variable = field;
    std::ranges::replace(as_variable, '-', '_');
    std::string small = field;
    std::ranges::transform(small, small.begin(), [](unsigned char c) { return std::tolower(c); });
    for (const std::string& name : {field, as_variable, small}) {
      EXPECT_EQ(read("0\r\n" + name + ": 1\r\n\r\n", limits),
                "refused 400: a field that may not be in a trailer")
          << name;
      EXPECT_EQ(read("0\r\n" + name + ": 1\r\n\r\n").substr(0, 10), "done after") << name;
    }
    for (const std::string& name : {field + "s", field.substr(1)}) {
      EXPECT_EQ(read("0\r\n" + name + ": 1\r\n\r\n", limits).substr(0, 10), "done after") << name;
    }
  }
}

TEST(Rfc6585Section5, TrailersAndPayloadAreHeldToTheirLimits) {
  ChunkLimits limits;
  limits.trailer_bytes = 10;
  limits.body_bytes = 3;
  EXPECT_EQ(read("0\r\nX: 1\r\nY: 2\r\n\r\n", limits), "done after 17\n");
  EXPECT_EQ(read("0\r\nX: 1\r\nY: 23\r\n\r\n", limits), "refused 431: trailers that are too long");
  EXPECT_EQ(read("2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", limits), "done after 18\nabc");
  EXPECT_EQ(read("2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n", limits),
            "refused 413: a body that is too long");
}

TEST(Chunks, AreReadTheSameWhereverTheyAreCut) {
  for (const std::string& body :
       {std::string("5\r\nhello\r\n6;a=b\r\n, you.\r\n0\r\nX-Sum: 1\r\nY: 2\r\n\r\nGET"),
        std::string("1\r\nab\r\n0\r\n\r\n"), std::string("1;a\rb"),
        std::string("0\r\nContent-Length: 1\r\n\r\n"), std::string("A\r\n012345678")}) {
    const std::string whole = read(body);
    for (std::size_t cut = 1; cut < body.size(); ++cut) {
      EXPECT_EQ(read_chunks(body, cut, body.size()), whole) << body << " cut at " << cut;
    }
    EXPECT_EQ(read_chunks(body, 0, 1), whole) << body;
  }
}

TEST(Chunks, WhatWasWrittenIsReadBack) {
  EXPECT_EQ(in_chunks({"hello", std::string(26, 'x')}),
            "5\r\nhello\r\n1a\r\n" + std::string(26, 'x') + "\r\n0\r\n\r\n");
  const std::string large(70'000, 'y');
  const std::string body = in_chunks({large, "\r\n", large});
  EXPECT_EQ(read_chunks(body, 0, 1000),
            "done after " + std::to_string(body.size()) + "\n" + large + "\r\n" + large);
  std::array<char, 18> space;
  EXPECT_EQ(chunk_line(UINT64_MAX, space), "ffffffffffffffff\r\n");
}

}  // namespace
}  // namespace http1
