#include "sidecar/identity_files.h"

#include <utility>

#include <fmt/format.h>

#include "aio/file.h"
#include "crypto/certificate.h"
#include "sidecar/log.h"

namespace sidecar {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{1} << 20U;

base::Result<net::ServerTls> read(const IdentityPaths& paths) {
  net::ServerTls out;
  TRY(out.certificate, aio::read_file(paths.certificate, kFileBytesMax));
  TRY(out.key, aio::read_file(paths.key, kFileBytesMax));
  if (!paths.client_ca.empty()) {
    TRY(out.client_ca, aio::read_file(paths.client_ca, kFileBytesMax));
    // Of an empty one nobody would be asked for a certificate, and so nobody refused.
    if (out.client_ca.empty()) {
      return base::fail(base::Code::InvalidArgument, paths.client_ca + ": it is empty");
    }
  }
  out.speaks = paths.speaks;
  return out;
}

std::string text_of(const net::ServerTls& tls) {
  return tls.certificate + '\0' + tls.key + '\0' + tls.client_ca;
}

}  // namespace

IdentityFiles::IdentityFiles(IdentityPaths paths, const net::ServerTls& tls, base::WallTime now)
    : paths_(std::move(paths)), reloads_(text_of(tls), now) {}

base::Result<std::unique_ptr<IdentityFiles>> IdentityFiles::open(IdentityPaths paths,
                                                                 base::WallTime now) {
  TRY(const net::ServerTls tls, read(paths));
  std::unique_ptr<IdentityFiles> out(new IdentityFiles(std::move(paths), tls, now));
  TRY(out->use(tls, now));
  return out;
}

base::Result<> IdentityFiles::use(const net::ServerTls& tls, base::WallTime now) {
  const auto named = [&](const base::Error& error) {
    return base::fail(error.code, fmt::format("{}, {}{}{}: {}", paths_.certificate, paths_.key,
                                              paths_.client_ca.empty() ? "" : ", ",
                                              paths_.client_ca, error.message));
  };
  const auto first = crypto::read_certificate(tls.certificate);
  if (!first) return named(first.error());
  auto made = net::make_server_context(tls);
  if (!made) return named(made.error());
  context_ = std::move(*made);
  tls_ = tls;
  expires_ = first->validity.until;
  tickets_since_ = now;
  if (!first->validity.holds_at(now)) {
    log(Level::Warning, "the certificate is not valid now: clients will refuse it",
        {{"file", paths_.certificate}, {"until", base::rfc3339(expires_)}});
  }
  return {};
}

bool IdentityFiles::look(bool at_once, base::WallTime now) {
  const auto tls = read(paths_);
  const std::string text = tls ? text_of(*tls) : tls.error().message;
  if (!reloads_.is_news(text, at_once)) {
    const bool old = now < tickets_since_ || now - tickets_since_ >= kTicketKeys;
    return old && use(net::ServerTls(tls_), now).has_value();
  }
  const base::Result<> used = tls ? use(*tls, now) : tl::unexpected(tls.error());
  if (!used) {
    reloads_.failed();
    log(Level::Error, "the new certificate is not used, the old one stays",
        {{"of", paths_.what}, {"error", used.error().message}});
    return false;
  }
  reloads_.succeeded(now);
  log(Level::Info, "another certificate is shown from now on",
      {{"of", paths_.what}, {"until", base::rfc3339(expires_)}});
  return true;
}

std::string IdentityFiles::exposition() const {
  return reloads_.exposition(paths_.what) +
         fmt::format(
             "# HELP muster_sidecar_{0}_certificate_expiry_timestamp_seconds Until when the "
             "certificate in force is valid.\n"
             "# TYPE muster_sidecar_{0}_certificate_expiry_timestamp_seconds gauge\n"
             "muster_sidecar_{0}_certificate_expiry_timestamp_seconds {1}\n",
             paths_.what, expires_.time_since_epoch() / base::seconds(1));
}

}  // namespace sidecar
