// targets::HttpClient over the probes' own HTTP operation: one GET, its status.
#pragma once

#include "aio/clock.h"
#include "targets/driver.h"

namespace runner {

class HttpGet final : public targets::HttpClient {
 public:
  HttpGet(aio::Clock& clock, aio::Executor executor)
      : clock_(clock), executor_(std::move(executor)) {}

  aio::Task<base::Result<int>> status(std::string url, base::Duration limit,
                                      std::stop_token stop) override;

 private:
  aio::Clock& clock_;
  aio::Executor executor_;
};

}  // namespace runner
