// TLS at the admin port of a sidecar that is injected: the Secret of the pod's namespace that has
// the certificate is mounted into the sidecar alone, and the sidecar is told its files by flags.
// Probes of the kubelet, which verifies no certificate and has none to show, ask over HTTPS. All of
// it is in the pod's own spec, where a profile that changes later cannot take it apart. Pure.
//
// Who asks for it is the pod's annotation sidecar.muster.dev/admin-tls, "SECRET" or
// "SECRET/CLIENT-CA-KEY", else the profile (injection.adminTls), which the chart's policy does not
// read.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/node.h"
#include "api/sidecar_profile.h"
#include "base/result.h"

namespace op {

inline constexpr const char* kAdminTlsAnnotation = "sidecar.muster.dev/admin-tls";

using AdminTls = std::optional<api::SidecarAdminTls>;

/// Errors: InvalidArgument: no name that a Secret, or a key of one, can have.
base::Result<> check_admin_tls(const api::SidecarAdminTls& tls);

/// As the pod's annotation says, else as its profile does. Errors: as above, naming the annotation.
base::Result<AdminTls> admin_tls_of(const api::Node& pod, const AdminTls& profiles);

/// Flags of the sidecar. Empty: it is in the open.
std::vector<std::string> admin_tls_args(const AdminTls& tls);
/// Where the sidecar finds the files.
api::Node admin_tls_mount();
/// The Secret's certificate, its key, and who vouches for clients, and nothing else of it. A pod
/// does not start while one of them is missing, which the pod's Events say.
api::Node admin_tls_volume(const api::SidecarAdminTls& tls);

}  // namespace op
