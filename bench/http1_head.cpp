// What the sidecar pays to read a head and to pass it on, beside the least that anybody must do:
// finding the end of every line of the same bytes with memchr, and where each name ends.
//   build/release/bench/http1_head
#include <benchmark/benchmark.h>
#include <cstring>
#include <string>

#include "base/check.h"
#include "http1/chunks.h"
#include "http1/forward.h"
#include "http1/head.h"

namespace {

// A browser's request for a part of a page, and an application's answer to it.
const std::string kRequest =
    "GET /catalogue/shoes/4711/reviews?page=2&sort=newest&lang=en HTTP/1.1\r\n"
    "Host: shop.example\r\n"
    "Connection: keep-alive\r\n"
    "Cache-Control: max-age=0\r\n"
    "sec-ch-ua: \"Chromium\";v=\"130\", \"Not?A_Brand\";v=\"99\"\r\n"
    "sec-ch-ua-mobile: ?0\r\n"
    "sec-ch-ua-platform: \"Linux\"\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Safari/537.36\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
    "\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "Sec-Fetch-Mode: cors\r\n"
    "Sec-Fetch-Dest: empty\r\n"
    "Referer: https://shop.example/catalogue/shoes/4711\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\n"
    "Cookie: session=0123456789abcdef0123456789abcdef; consent=all; theme=dark\r\n"
    "\r\n";
const std::string kResponse =
    "HTTP/1.1 200 OK\r\n"
    "Server: app\r\n"
    "Date: Thu, 26 Nov 2026 19:30:00 GMT\r\n"
    "Content-Type: text/html; charset=utf-8\r\n"
    "Content-Length: 5120\r\n"
    "Cache-Control: no-cache, private\r\n"
    "ETag: W/\"1400-0123456789abcdef\"\r\n"
    "Vary: Accept-Encoding\r\n"
    "Connection: keep-alive\r\n"
    "Keep-Alive: timeout=5\r\n"
    "\r\n";

void count_bytes(benchmark::State& state, const std::string& text) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

void request(benchmark::State& state) {
  http1::RequestHead head;
  http1::Refusal why;
  http1::Progress progress;
  const http1::Limits limits;
  for (auto step : state) {
    (void)step;
    CHECK(http1::parse_request(kRequest, limits, progress, head, why) == http1::Parse::Done);
    benchmark::DoNotOptimize(head);
  }
  count_bytes(state, kRequest);
}
BENCHMARK(request);

void request_in_two_pieces(benchmark::State& state) {
  http1::RequestHead head;
  http1::Refusal why;
  http1::Progress progress;
  const http1::Limits limits;
  const std::string_view half = std::string_view(kRequest).substr(0, kRequest.size() / 2);
  for (auto step : state) {
    (void)step;
    CHECK(http1::parse_request(half, limits, progress, head, why) == http1::Parse::More);
    CHECK(http1::parse_request(kRequest, limits, progress, head, why) == http1::Parse::Done);
    benchmark::DoNotOptimize(head);
  }
  count_bytes(state, kRequest);
}
BENCHMARK(request_in_two_pieces);

void forward(benchmark::State& state) {
  http1::RequestHead head;
  http1::Refusal why;
  http1::Progress progress;
  http1::Pieces pieces;
  CHECK(http1::parse_request(kRequest, {}, progress, head, why) == http1::Parse::Done);
  for (auto step : state) {
    (void)step;
    http1::forward_request(head, pieces);
    benchmark::DoNotOptimize(pieces);
  }
}
BENCHMARK(forward);

void response(benchmark::State& state) {
  http1::ResponseHead head;
  http1::Refusal why;
  http1::Progress progress;
  const http1::Limits limits;
  for (auto step : state) {
    (void)step;
    CHECK(http1::parse_response(kResponse, "GET", limits, progress, head, why) ==
          http1::Parse::Done);
    benchmark::DoNotOptimize(head);
  }
  count_bytes(state, kResponse);
}
BENCHMARK(response);

void peer_memchr(benchmark::State& state) {
  for (auto step : state) {
    (void)step;
    std::string_view left = kRequest;
    std::size_t names = 0;
    while (!left.empty()) {
      const std::size_t feed = left.find('\n');
      names += left.substr(0, feed).find(':');
      left.remove_prefix(feed + 1);
    }
    benchmark::DoNotOptimize(names);
  }
  count_bytes(state, kRequest);
}
BENCHMARK(peer_memchr);

void chunks_of_4096(benchmark::State& state) {
  std::array<char, 18> space;
  std::string body;
  for (int i = 0; i < 16; ++i) {
    body += std::string(http1::chunk_line(4096, space)) + std::string(4096, 'x') + "\r\n";
  }
  body += http1::kLastChunk;
  for (auto step : state) {
    (void)step;
    http1::ChunkDecoder decoder;
    CHECK(decoder.pass(body).state == http1::Parse::Done);
    benchmark::DoNotOptimize(decoder.payload_bytes());
  }
  count_bytes(state, body);
}
BENCHMARK(chunks_of_4096);

}  // namespace

BENCHMARK_MAIN();
