// Where the API server is and who we are to it: kubeconfig files as kubectl reads them, and the
// service account of a pod. Files are merged as kubectl merges them: the first file that names a
// cluster, a user or a context has it whole, and the first that names a current context has that.
// Parsing and choosing are pure; reading is at the end of this file.
//
// Refused with a reason when it is chosen, and let be when it is not: a `proxy-url` that is not
// http://; `auth-provider`, which kubectl dropped in 1.26; of plugins `provideClusterInfo: true`
// and `interactiveMode: Always`.
//
// Source: Kubernetes documentation, "Organizing Cluster Access Using kubeconfig Files"; the types
// of client-go's tools/clientcmd/api/v1.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace kube {

/// PEM, as text or in a file; the text counts where both are given.
struct Pem {
  std::string text, file;
  bool empty() const { return text.empty() && file.empty(); }
};

/// The text, wherever it is. Errors: those of reading the file.
base::Result<std::string> read_pem(const Pem& pem);

struct Cluster {
  std::string server;           // "https://10.96.0.1:443"
  Pem authority;                // empty: the system's
  std::string tls_server_name;  // empty: the server's
  bool insecure = false;
  std::string proxy{};     // its URL; empty: none
  std::string unusable{};  // why; empty: it can be chosen
};

/// What stands before the version of a credential plugin's API.
inline constexpr std::string_view kPluginGroup = "client.authentication.k8s.io/";

/// A credential plugin.
struct ExecPlugin {
  std::string command;
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;
  std::string api_version;   // of the group, "v1" or "v1beta1"
  std::string install_hint;  // said when the command is not there
};

/// Whom to act as; with a user, or empty.
struct Impersonation {
  std::string user{};                                        // "as"
  std::vector<std::string> groups{};                         // "as-groups"
  std::string uid{};                                         // "as-uid"
  std::vector<std::pair<std::string, std::string>> extra{};  // "as-user-extra": key, value
};

struct User {
  Pem certificate, key;
  std::string token, token_file;  // the file counts where both are given, and is read again
  std::string username, password;
  Impersonation impersonate;
  std::optional<ExecPlugin> exec;
  std::string unusable{};  // why; empty: it can be chosen
};

struct Context {
  std::string cluster, user, ns;
  std::string unusable{};  // why; empty: it can be chosen
};

/// What one file, or several that were merged, say.
struct ConfigFile {
  std::string current_context;
  std::map<std::string, Cluster> clusters;
  std::map<std::string, User> users;
  std::map<std::string, Context> contexts;
};

/// Of `path` only the folder is used, which relative paths in the text stand for. An empty text is
/// an empty file. What is wrong with one entry is kept in it, for choose().
/// Errors: InvalidArgument: not YAML, not a Config, an entry without a name.
base::Result<ConfigFile> parse_config(std::string_view text, const std::string& path);
/// What `later` says of what `into` does not name.
void merge(ConfigFile& into, const ConfigFile& later);

/// What the flags of kubectl say in place of the file, or of a pod's service account; empty: as
/// that says.
struct ConfigOverrides {
  std::string server{}, tls_server_name{};
  std::string authority{};  // a file, as the next two
  std::string certificate{}, key{};
  std::string token{};
  bool insecure = false;
  Impersonation impersonate{};
};

/// The flags of kubectl; empty: as the file says.
struct ConfigChoice {
  std::string context{}, cluster{}, user{}, ns{};
  ConfigOverrides overrides{};
};

/// Whom to talk to, as whom.
struct Config {
  Cluster cluster;
  User user;
  std::string ns = "default";
  std::string context;  // its name; empty: a pod's service account
};

/// Errors: NotFound naming what the files do not have and what they have; InvalidArgument naming
/// the field of an entry that cannot be used, or flags that do not go together; FailedPrecondition
/// where nothing is chosen and there is no current context and no server.
base::Result<Config> choose(const ConfigFile& file, const ConfigChoice& choice);

/// The files of KUBECONFIG (those that are not there are left out), else ~/.kube/config, merged.
/// `file` (--kubeconfig) takes the place of both and must be there.
base::Result<ConfigFile> read_config_files(const std::string& file = {});

/// Where a pod's service account is mounted.
inline constexpr const char* kServiceAccount = "/var/run/secrets/kubernetes.io/serviceaccount";
/// From the mounted token, authority and namespace, and KUBERNETES_SERVICE_HOST and _PORT.
/// Errors: FailedPrecondition when this is no pod.
base::Result<Config> in_cluster(const std::string& folder = kServiceAccount);

/// `file` (--kubeconfig), else KUBECONFIG, else the pod's service account, else ~/.kube/config: the
/// order of controller-runtime's GetConfig. A flag of `choice` that names an entry or a server
/// means a kubeconfig: a pod's token goes to its own cluster only. Where that says no `proxy-url`,
/// HTTPS_PROXY and NO_PROXY count.
base::Result<Config> load_config(const std::string& file, const ConfigChoice& choice);

}  // namespace kube
