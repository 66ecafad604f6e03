// HTTP as the runner needs it over libs/net: one request, the status of its answer. GET for
// targets::HttpClient, POST for notifications. TLS certificates are verified against the system's.
// A redirect is an answer like any other: nothing is sent to where nobody said it should go.
#pragma once

#include <map>
#include <string>

#include "aio/clock.h"
#include "net/connection.h"
#include "targets/driver.h"

namespace runner {

class HttpGet final : public targets::HttpClient {
 public:
  /// `names`: where host names are looked up; null: as this machine does.
  HttpGet(aio::Clock& clock, aio::Executor executor, std::shared_ptr<net::Names> names)
      : clock_(clock), executor_(std::move(executor)), names_(std::move(names)) {}

  aio::Task<base::Result<int>> status(std::string url, base::Duration limit,
                                      std::stop_token stop) override;

 private:
  aio::Clock& clock_;
  aio::Executor executor_;
  std::shared_ptr<net::Names> names_;
};

struct HttpPost {
  std::string url;
  std::map<std::string, std::string> headers;
  std::string body;  // JSON
};

/// Errors: InvalidArgument (url), DeadlineExceeded, Unavailable, Cancelled; never the url's query,
/// which may hold a secret.
aio::Task<base::Result<int>> http_post(aio::Clock& clock, aio::Executor executor,
                                       const HttpPost& post, base::Duration limit,
                                       std::stop_token stop);

}  // namespace runner
