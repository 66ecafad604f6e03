#include "targets/sidecar_files.h"

#include <utility>

#include <fmt/format.h>

#include "aio/file.h"

namespace targets {
namespace {

tl::unexpected<base::Error> hinders(const char* what, const base::Error& error) {
  return base::fail(base::Code::FailedPrecondition,
                    fmt::format("sidecar.{}: {}", what, error.message));
}

}  // namespace

/// Empty where the plan names none.
base::Result<std::string> SidecarFiles::read(const char* field) const {
  const std::string& path = params_[field].as_string();
  if (path.empty()) return std::string();
  auto text = aio::read_file(path);
  if (!text) return hinders(field, text.error());
  return text;
}

base::Result<std::shared_ptr<net::TlsContext>> SidecarFiles::tls() const {
  net::TlsOptions options;
  options.ca_file = params_["caFile"].as_string();
  if (options.ca_file.empty()) return std::shared_ptr<net::TlsContext>();
  options.server_name = params_["serverName"].as_string();
  TRY(options.certificate, read("certFile"));
  TRY(options.key, read("keyFile"));
  auto context = net::make_tls_context(options);
  if (!context) return hinders("caFile, certFile, keyFile", context.error());
  return context;
}

base::Result<SidecarAdmin> SidecarFiles::look() const {
  SidecarAdmin out{params_["admin"].as_string()};
  TRY(out.token, read("tokenFile"));
  out.token.erase(out.token.find_last_not_of(" \t\r\n") + 1);
  TRY(out.tls, tls());
  return out;
}

aio::Task<base::Result<SidecarAdmin>> SidecarFiles::find(std::stop_token) {
  co_return look();
}

}  // namespace targets
