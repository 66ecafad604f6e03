#include "runner/link.h"

#include <fmt/format.h>

namespace runner {

aio::Task<base::Result<std::string>> LinkLines::next(std::stop_token stop) {
  std::size_t looked = 0;
  while (true) {
    const std::size_t end = rest_.find('\n', looked);
    if (end != std::string::npos) {
      std::string line = rest_.substr(0, end);
      rest_.erase(0, end + 1);
      co_return line;
    }
    looked = rest_.size();
    if (looked > bytes_max_) {
      co_return base::fail(base::Code::ResourceExhausted,
                           fmt::format("a line of more than {} bytes", bytes_max_));
    }
    CO_TRY(const std::string more, co_await link_.read(stop));
    if (more.empty()) co_return base::fail(base::Code::Unavailable, "the other side ended it");
    rest_ += more;
  }
}

}  // namespace runner
