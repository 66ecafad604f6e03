// Heads for tests that are about fields: written as lines, read by the parser.
#pragma once

#include <string>
#include <utility>

#include "base/check.h"
#include "http1/head.h"

namespace http1 {

/// A GET of "/" with these lines, each with its CRLF.
struct Asked {
  explicit Asked(const std::string& lines = {}, const std::string& method = "GET")
      : text(method + " / HTTP/1.1\r\nHost: h\r\n" + lines + "\r\n") {
    Progress progress;
    Refusal why;
    CHECK(parse_request(text, {}, progress, head, why) == Parse::Done);
  }
  Asked(const Asked&) = delete;
  Asked& operator=(const Asked&) = delete;

  std::string text;
  RequestHead head;
};

struct Answered {
  explicit Answered(const std::string& lines = {}, int status = 200)
      : text("HTTP/1.1 " + std::to_string(status) + " X\r\n" + lines + "\r\n") {
    Progress progress;
    Refusal why;
    CHECK(parse_response(text, "GET", {}, progress, head, why) == Parse::Done);
  }
  Answered(const Answered&) = delete;
  Answered& operator=(const Answered&) = delete;

  std::string text;
  ResponseHead head;
};

}  // namespace http1
