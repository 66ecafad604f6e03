#include "sidecar/error_reply.h"

#include <iterator>

#include <fmt/compile.h>
#include <fmt/format.h>

#include "sidecar/exchange.h"

namespace sidecar {
namespace {

void write_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out.push_back(c);
    }
  }
}

}  // namespace

std::string_view reason_of(int status) {
  switch (status) {
    case 200: return "OK";
    case 204: return "No Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 417: return "Expectation Failed";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "Error";
  }
}

void write_error_body(std::string& out, int status, std::string_view reason,
                      std::string_view message, std::string_view request_id) {
  out.clear();
  fmt::format_to(std::back_inserter(out),
                 FMT_COMPILE(R"({{"error":{{"status":{},"reason":"{}","message":")"), status,
                 reason);
  write_escaped(out, message);
  fmt::format_to(std::back_inserter(out), FMT_COMPILE(R"(","requestId":"{}"}}}})"), request_id);
  out.push_back('\n');
}

void reply_with_error(Exchange& exchange, int status, std::string_view reason,
                      std::string_view message) {
  exchange.reply.status = status;
  exchange.reply.content_type = kJson;
  write_error_body(exchange.reply.body, status, reason, message, exchange.request_id);
}

void write_reply_head(std::string& out, int status, std::string_view content_type,
                      std::size_t length) {
  fmt::format_to(std::back_inserter(out), FMT_COMPILE("HTTP/1.1 {} {}\r\n"), status,
                 reason_of(status));
  if (!content_type.empty()) {
    fmt::format_to(std::back_inserter(out), FMT_COMPILE("Content-Type: {}\r\n"), content_type);
  }
  fmt::format_to(std::back_inserter(out), FMT_COMPILE("Content-Length: {}\r\n"), length);
}

}  // namespace sidecar
