#include "sidecar/filter_own_service.h"

#include <utility>

namespace sidecar {
namespace {

class OwnServiceFilter final : public Filter {
 public:
  explicit OwnServiceFilter(std::string path) : path_(std::move(path)) {}
  Hooks hooks() const override { return {.request = true}; }

  Verdict on_request(Exchange& exchange, base::TimePoint /*now*/) override {
    const std::string_view path = exchange.request.path;
    exchange.own_service = path.starts_with(path_) &&
                           (path.size() == path_.size() || path.substr(path_.size()) == ".js");
    return Verdict::Forward;
  }

 private:
  std::string path_;
};

}  // namespace

std::unique_ptr<Filter> make_own_service_filter(std::string path) {
  return std::make_unique<OwnServiceFilter>(std::move(path));
}

}  // namespace sidecar
