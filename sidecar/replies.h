// What the admin port answers in.
#pragma once

#include <string>

#include "api/node.h"
#include "net/http_server.h"

namespace sidecar {

net::HttpReply text_reply(unsigned status, std::string body);
net::HttpReply json_reply(unsigned status, const api::Node& node);
/// {"error": message}
net::HttpReply error_reply(unsigned status, const std::string& message);

}  // namespace sidecar
