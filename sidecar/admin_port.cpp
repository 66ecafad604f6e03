#include "sidecar/admin_port.h"

#include <utility>

namespace sidecar {
namespace {

IdentityPaths paths_of(const Settings& settings) {
  return {.what = "admin_tls",
          .certificate = settings.admin_tls_cert_file,
          .key = settings.admin_tls_key_file,
          .client_ca = settings.admin_client_ca_file,
          .speaks = net::Speaks::Http};
}

}  // namespace

base::Result<> check_admin_identity(const Settings& settings, base::WallTime now) {
  if (settings.admin_tls_cert_file.empty()) return {};
  TRY(IdentityFiles::open(paths_of(settings), now));
  return {};
}

base::Result<std::unique_ptr<AdminPort>> AdminPort::open(aio::Clock& clock,
                                                         const aio::Executor& executor,
                                                         const Settings& settings,
                                                         bool awaits_files, Admin& admin) {
  auto out = std::make_unique<AdminPort>();
  const net::HttpServer::Handler serve = [&admin](const net::HttpRequest& request) {
    return admin.serve(request);
  };
  if (settings.admin_tls_cert_file.empty()) {
    TRY(out->server_, net::HttpServer::listen(clock, executor, settings.admin_listen, serve));
    return out;
  }
  if (awaits_files) {
    out->files_ = IdentityFiles::await(paths_of(settings), clock.wall_now());
  } else {
    TRY(out->files_, IdentityFiles::open(paths_of(settings), clock.wall_now()));
  }
  if (auto shown = out->files_->current()) out->identity_->set(std::move(shown));
  if (!settings.admin_client_ca_file.empty()) admin.require_certificate();
  TRY(out->server_,
      net::HttpServer::listen_tls(clock, executor, settings.admin_listen, out->identity_, serve));
  return out;
}

void AdminPort::look(bool at_once, base::WallTime now) {
  if (files_ == nullptr || files_->look(at_once, now) == IdentityFiles::News::None) return;
  identity_->set(files_->current());
}

std::string AdminPort::exposition() const {
  return files_ != nullptr ? files_->exposition() : "";
}

}  // namespace sidecar
