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

/// What is judged, and judged once.
std::string text_of(const base::Result<net::ServerTls>& read) {
  return read ? text_of(*read) : read.error().message;
}

}  // namespace

IdentityFiles::IdentityFiles(IdentityPaths paths, std::string_view text, base::WallTime now)
    : paths_(std::move(paths)), reloads_(text, now) {}

base::Result<std::unique_ptr<IdentityFiles>> IdentityFiles::open(IdentityPaths paths,
                                                                 base::WallTime now) {
  TRY(const net::ServerTls tls, read(paths));
  std::unique_ptr<IdentityFiles> out(new IdentityFiles(std::move(paths), text_of(tls), now));
  TRY(out->use(tls, now));
  return out;
}

std::unique_ptr<IdentityFiles> IdentityFiles::await(IdentityPaths paths, base::WallTime now) {
  const auto tls = read(paths);
  std::unique_ptr<IdentityFiles> out(new IdentityFiles(std::move(paths), text_of(tls), now));
  const base::Result<> used = tls ? out->use(*tls, now) : tl::unexpected(tls.error());
  if (used) return out;
  out->reloads_ = Reloads(text_of(tls), base::WallTime{});
  out->reloads_.failed();
  out->why_not_ = used.error().message;
  log(Level::Error,
      "there is no certificate to show: connections are closed until its files are right",
      {{"of", out->paths_.what}, {"error", out->why_not_}});
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

IdentityFiles::News IdentityFiles::look(bool at_once, base::WallTime now) {
  const auto tls = read(paths_);
  if (!reloads_.is_news(text_of(tls), at_once)) {
    if (context_ == nullptr) return News::None;
    const bool old = now < tickets_since_ || now - tickets_since_ >= kTicketKeys;
    return old && use(net::ServerTls(tls_), now) ? News::Keys : News::None;
  }
  const base::Result<> used = tls ? use(*tls, now) : tl::unexpected(tls.error());
  if (!used) {
    reloads_.failed();
    if (context_ == nullptr) why_not_ = used.error().message;
    log(Level::Error,
        context_ == nullptr ? "the new certificate is not used either, there is still none to show"
                            : "the new certificate is not used, the old one stays",
        {{"of", paths_.what}, {"error", used.error().message}});
    return News::None;
  }
  reloads_.succeeded(now);
  why_not_.clear();
  log(Level::Info, "another certificate is shown from now on",
      {{"of", paths_.what}, {"until", base::rfc3339(expires_)}});
  return News::Certificate;
}

std::string IdentityFiles::exposition() const {
  std::string out =
      reloads_.exposition(paths_.what) + fmt::format(
                                             "# HELP muster_sidecar_{0}_certificate_shown Whether "
                                             "there is a certificate to show; else "
                                             "connections are closed.\n"
                                             "# TYPE muster_sidecar_{0}_certificate_shown gauge\n"
                                             "muster_sidecar_{0}_certificate_shown {1}\n",
                                             paths_.what, context_ != nullptr ? 1 : 0);
  if (context_ == nullptr) return out;
  return out + fmt::format(
                   "# HELP muster_sidecar_{0}_certificate_expiry_timestamp_seconds Until when the "
                   "certificate in force is valid.\n"
                   "# TYPE muster_sidecar_{0}_certificate_expiry_timestamp_seconds gauge\n"
                   "muster_sidecar_{0}_certificate_expiry_timestamp_seconds {1}\n",
                   paths_.what, expires_.time_since_epoch() / base::seconds(1));
}

}  // namespace sidecar
