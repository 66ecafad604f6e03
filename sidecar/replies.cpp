#include "sidecar/replies.h"

#include <utility>

namespace sidecar {

net::HttpReply text_reply(unsigned status, std::string body) {
  return {.status = status, .body = std::move(body)};
}

net::HttpReply json_reply(unsigned status, const api::Node& node) {
  return {status, "application/json", api::to_json(node, 2) + "\n"};
}

net::HttpReply error_reply(unsigned status, const std::string& message) {
  return json_reply(status, api::Node::map().set("error", message));
}

}  // namespace sidecar
