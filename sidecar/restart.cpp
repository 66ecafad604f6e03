#include "sidecar/restart.h"

#include <tuple>
#include <utility>

namespace sidecar {
namespace {

class Keeping {
 public:
  Keeping(const Settings& in_force, const Settings& wanted)
      : in_force_(in_force), change_{wanted, {}} {}

  /// `at`: where the setting lies.
  template <class At>
  void keep(const char* flag, At at) {
    if (at(change_.settings) == at(in_force_)) return;
    change_.needs_restart.emplace_back(flag);
    at(change_.settings) = at(in_force_);
  }

  Change take() { return std::move(change_); }

 private:
  const Settings& in_force_;
  Change change_;
};

}  // namespace

Change change_of(const Settings& in_force, const Settings& wanted) {
  Keeping keeping(in_force, wanted);
  const auto address = [](auto& at) { return std::tie(at.host, at.port); };
  keeping.keep("--upstream", [&](auto& settings) { return address(settings.upstream); });
  keeping.keep("--listen", [&](auto& settings) { return address(settings.listen); });
  keeping.keep("--admin-listen", [](auto& settings) { return std::tie(settings.admin_listen); });
  keeping.keep("--mode", [](auto& settings) { return std::tie(settings.mode); });
  keeping.keep("--tls-cert-file", [](auto& settings) { return std::tie(settings.tls_cert_file); });
  keeping.keep("--tls-key-file", [](auto& settings) { return std::tie(settings.tls_key_file); });
  keeping.keep("--threads", [](auto& settings) { return std::tie(settings.threads); });
  keeping.keep("--head-bytes-max",
               [](auto& settings) { return std::tie(settings.head_bytes_max); });
  keeping.keep("--connections-max",
               [](auto& settings) { return std::tie(settings.connections_max); });
  keeping.keep("--limit-keys-max",
               [](auto& settings) { return std::tie(settings.protection.keys_max); });
  keeping.keep("--fingerprint-key-file",
               [](auto& settings) { return std::tie(settings.fingerprint_key_file); });
  keeping.keep("--endpoint", [](auto& settings) { return std::tie(settings.endpoints.rules); });
  keeping.keep("--endpoints-max", [](auto& settings) { return std::tie(settings.endpoints.most); });
  keeping.keep("--no-automatic-endpoints",
               [](auto& settings) { return std::tie(settings.endpoints.automatic); });
  keeping.keep("--watch", [](auto& settings) { return std::tie(settings.watch); });
  return keeping.take();
}

}  // namespace sidecar
