#include "operator/injection_admin_tls.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "api/field_text.h"
#include "operator/injection.h"

namespace op {
namespace {

using api::Node;

constexpr const char* kFolder = "/etc/muster/admin-tls";
constexpr const char* kCertificate = "tls.crt";
constexpr const char* kKey = "tls.key";
constexpr const char* kClientCa = "client-ca.crt";
constexpr std::size_t kNameMax = 253;

/// Of a Secret: a file's name, and none that leads elsewhere.
bool is_key(std::string_view key) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !key.empty() && key.size() <= kNameMax && !key.starts_with('.') &&
         std::ranges::all_of(key, fits);
}

Node item(const std::string& key, const char* path) {
  return Node::map().set("key", key).set("path", path);
}

std::string path_of(const char* file) {
  return fmt::format("{}/{}", kFolder, file);
}

}  // namespace

base::Result<> check_admin_tls(const api::SidecarAdminTls& tls) {
  if (!api::is_dns_name(tls.secret)) {
    return base::fail(
        base::Code::InvalidArgument,
        fmt::format("secret: '{}' is no name of a Secret: lower-case letters, digits, "
                    "'-' and '.' are allowed",
                    tls.secret));
  }
  if (tls.client_ca_key.empty() || is_key(tls.client_ca_key)) return {};
  return base::fail(
      base::Code::InvalidArgument,
      fmt::format("clientCaKey: '{}' is no key of a Secret: letters, digits, '-', '_' "
                  "and '.' are allowed, and no '.' in front",
                  tls.client_ca_key));
}

base::Result<AdminTls> admin_tls_of(const Node& pod, const AdminTls& profiles) {
  const std::string& said = pod["metadata"]["annotations"][kAdminTlsAnnotation].as_string();
  if (said.empty()) return profiles;
  const std::size_t mark = said.find('/');
  api::SidecarAdminTls out{.secret = said.substr(0, mark), .client_ca_key = {}};
  const bool with_key = mark != std::string::npos;
  if (with_key) out.client_ca_key = said.substr(mark + 1);
  const auto checked = check_admin_tls(out);
  if (checked && (!with_key || !out.client_ca_key.empty())) return AdminTls(std::move(out));
  return base::fail(
      base::Code::InvalidArgument,
      fmt::format("the annotation {}: {}", kAdminTlsAnnotation,
                  checked
                      ? fmt::format("'{}' is not allowed: SECRET or SECRET/CLIENT-CA-KEY is", said)
                      : checked.error().message));
}

std::vector<std::string> admin_tls_args(const AdminTls& tls) {
  if (!tls) return {};
  std::vector<std::string> out{"--admin-tls-cert-file=" + path_of(kCertificate),
                               "--admin-tls-key-file=" + path_of(kKey)};
  if (!tls->client_ca_key.empty()) {
    out.push_back("--admin-client-ca-file=" + path_of(kClientCa));
  }
  return out;
}

Node admin_tls_mount() {
  return Node::map()
      .set("name", api::kSidecarAdminTlsVolume)
      .set("mountPath", kFolder)
      .set("readOnly", true);
}

Node admin_tls_volume(const api::SidecarAdminTls& tls) {
  Node items = Node::sequence({item(kCertificate, kCertificate), item(kKey, kKey)});
  if (!tls.client_ca_key.empty()) items.push(item(tls.client_ca_key, kClientCa));
  return Node::map()
      .set("name", api::kSidecarAdminTlsVolume)
      .set("secret", Node::map().set("secretName", tls.secret).set("items", std::move(items)));
}

}  // namespace op
