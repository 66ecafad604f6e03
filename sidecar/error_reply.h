// What a client reads when the sidecar itself answers: a JSON body that names the request, so that
// it can be found again in the logs of both sides.
#pragma once

#include <string>
#include <string_view>

namespace sidecar {

struct Exchange;

inline constexpr std::string_view kJson = "application/json";

/// "Bad Request", "Not Found" …; of an unknown status "Error".
std::string_view reason_of(int status);

/// {"error":{"status":502,"reason":"upstream_closed","message":…,"requestId":…}}
/// `reason` and `request_id` are put in as they are; of `message`, which may be a parser's, quotes
/// and controls are escaped.
void write_error_body(std::string& out, int status, std::string_view reason,
                      std::string_view message, std::string_view request_id);

/// Makes that body the reply to a request, for a filter that answers it.
void reply_with_error(Exchange& exchange, int status, std::string_view reason,
                      std::string_view message);

/// The head of an own answer, but for added lines and the empty line. Appends.
void write_reply_head(std::string& out, int status, std::string_view content_type,
                      std::size_t length);

}  // namespace sidecar
