#include "kube/config.h"

#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "aio/file.h"
#include "api/yaml.h"
#include "crypto/base64.h"
#include "net/proxy.h"
#include "net/url.h"

namespace kube {
namespace {

using api::Node;

tl::unexpected<base::Error> wrong(const std::string& field, const std::string& why) {
  return base::fail(base::Code::InvalidArgument, field + ": " + why);
}

std::string absolute(const std::string& file, const std::string& folder) {
  if (file.empty() || file.front() == '/') return file;
  return (std::filesystem::path(folder) / file).lexically_normal().string();
}

/// Of one entry of `clusters`, `users` or `contexts`.
class Reader {
 public:
  Reader(const Node& node, std::string field, std::string folder)
      : node_(node), field_(std::move(field)), folder_(std::move(folder)) {}

  base::Result<std::string> text(const char* key) const {
    const Node& value = node_[key];
    if (value.is_null() || value.is_string()) return value.as_string();
    return wrong(field_ + "." + key, fmt::format("a string is needed, not a {}", value.kind()));
  }
  base::Result<std::string> path(const char* key) const {
    TRY(const std::string file, text(key));
    return absolute(file, folder_);
  }
  base::Result<Pem> pem(const std::string& key) const {
    Pem out;
    TRY(out.file, path(key.c_str()));
    TRY(const std::string data, text((key + "-data").c_str()));
    auto decoded = crypto::base64_decode(data);
    if (!decoded) return wrong(field_ + "." + key + "-data", decoded.error().message);
    out.text = std::move(*decoded);
    return out;
  }
  base::Result<> refuse(const char* key, const char* why) const {
    if (!node_.has(key) || node_[key] == Node("")) return {};
    return wrong(field_ + "." + key, why);
  }
  Reader at(const char* key) const { return {node_[key], field_ + "." + key, folder_}; }
  const Node& node() const { return node_; }
  const std::string& field() const { return field_; }
  const std::string& folder() const { return folder_; }

 private:
  const Node& node_;
  std::string field_, folder_;
};

base::Result<> read(const Reader& from, Cluster& out) {
  TRY(out.server, from.text("server"));
  TRY(out.proxy, from.text("proxy-url"));
  if (!out.proxy.empty()) {
    const auto proxy = net::parse_proxy(out.proxy);
    if (!proxy) return wrong(from.field() + ".proxy-url", proxy.error().message);
  }
  TRY(out.authority, from.pem("certificate-authority"));
  TRY(out.tls_server_name, from.text("tls-server-name"));
  out.insecure = from.node()["insecure-skip-tls-verify"].as_bool();
  if (out.insecure && !out.authority.empty()) {
    return wrong(from.field(),
                 "certificate-authority and insecure-skip-tls-verify: true exclude each other");
  }
  return {};
}

base::Result<ExecPlugin> plugin_of(const Reader& from) {
  ExecPlugin out;
  TRY(out.command, from.text("command"));
  if (out.command.empty()) return wrong(from.field() + ".command", "is missing");
  // A path with a folder is relative to the file, a bare name is looked up in PATH.
  if (out.command.find('/') != std::string::npos) {
    out.command = absolute(out.command, from.folder());
  }
  out.arguments = from.node()["args"].as_strings();
  for (const Node& one : from.node()["env"].items()) {
    out.environment.emplace_back(one["name"].as_string(), one["value"].as_string());
  }
  TRY(out.install_hint, from.text("installHint"));
  if (from.node()["provideClusterInfo"].as_bool()) {
    return wrong(from.field() + ".provideClusterInfo", "true is not supported");
  }
  if (from.node()["interactiveMode"].as_string() == "Always") {
    return wrong(from.field() + ".interactiveMode", "'Always': there is nobody to ask");
  }
  TRY(const std::string version, from.text("apiVersion"));
  if (version.starts_with(kPluginGroup)) out.api_version = version.substr(kPluginGroup.size());
  if (out.api_version != "v1" && out.api_version != "v1beta1") {
    return wrong(from.field() + ".apiVersion", fmt::format("'{}': {}v1 or {}v1beta1 is needed",
                                                           version, kPluginGroup, kPluginGroup));
  }
  return out;
}

base::Result<> read(const Reader& from, User& out) {
  TRY(from.refuse("auth-provider", "is not supported (kubectl dropped it in 1.26); use exec"));
  TRY(out.certificate, from.pem("client-certificate"));
  TRY(out.key, from.pem("client-key"));
  if (out.certificate.empty() != out.key.empty()) {
    return wrong(from.field(), "client-certificate and client-key are needed together");
  }
  TRY(out.token, from.text("token"));
  TRY(out.token_file, from.path("tokenFile"));
  TRY(out.username, from.text("username"));
  TRY(out.password, from.text("password"));
  TRY(out.impersonate.user, from.text("as"));
  TRY(out.impersonate.uid, from.text("as-uid"));
  out.impersonate.groups = from.node()["as-groups"].as_strings();
  for (const api::Entry& one : from.node()["as-user-extra"].entries()) {
    for (const std::string& value : one.value.as_strings()) {
      out.impersonate.extra.emplace_back(one.key, value);
    }
  }
  if (from.node().has("exec")) {
    TRY(out.exec, plugin_of(from.at("exec")));
  }
  return {};
}

base::Result<> read(const Reader& from, Context& out) {
  TRY(out.cluster, from.text("cluster"));
  TRY(out.user, from.text("user"));
  TRY(out.ns, from.text("namespace"));
  return {};
}

/// `list` has entries of {name, `key`: {…}}; the first of a name counts.
template <class T>
base::Result<> read_all(const Node& file, const char* list, const char* key,
                        const std::string& path, std::map<std::string, T>& out) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  for (const Node& entry : file[list].items()) {
    const std::string& name = entry["name"].as_string();
    if (name.empty()) return wrong(list, "an entry without a name");
    T one;
    // One that nobody chooses may be as it is.
    const auto done =
        read(Reader(entry[key], fmt::format("{}[{}].{}", list, name, key), folder), one);
    if (!done) one.unusable = done.error().with(path).message;
    out.try_emplace(name, std::move(one));
  }
  return {};
}

template <class T>
base::Result<T> named(const std::map<std::string, T>& all, const std::string& name,
                      const char* what) {
  if (const auto it = all.find(name); it != all.end()) {
    if (it->second.unusable.empty()) return it->second;
    return base::fail(base::Code::InvalidArgument, it->second.unusable);
  }
  std::vector<std::string> names;
  for (const auto& [one, ignored] : all) names.push_back(one);
  return base::fail(
      base::Code::NotFound,
      fmt::format("kubeconfig has no {} '{}'; it has {}", what, name,
                  names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
}

/// The first of these variables that says something.
std::string one_of(const char* name, const char* other) {
  const std::string value = aio::env_or(name, "");
  return value.empty() ? aio::env_or(other, "") : value;
}

/// What the environment says of a proxy, where the configuration does not.
base::Result<Config> with_proxy(base::Result<Config> config) {
  if (!config || !config->cluster.proxy.empty()) return config;
  const std::string proxy = one_of("HTTPS_PROXY", "https_proxy");
  const std::string& server = config->cluster.server;
  if (proxy.empty() || server.starts_with("http://")) return config;
  const auto url =
      net::parse_url(server.find("://") == std::string::npos ? "https://" + server : server);
  if (!url || net::passes_by(one_of("NO_PROXY", "no_proxy"), url->address)) return config;
  if (const auto parsed = net::parse_proxy(proxy); !parsed) {
    return tl::unexpected(parsed.error().with("HTTPS_PROXY"));
  }
  config->cluster.proxy = proxy;
  return config;
}

/// Of an entry of a kubeconfig, and of flags. Sent without a user the server would refuse it.
base::Result<> judge(const Impersonation& as) {
  if (!as.user.empty() || (as.groups.empty() && as.uid.empty() && as.extra.empty())) return {};
  return base::fail(base::Code::InvalidArgument,
                    "as-group, as-uid and as-user-extra say more of a user: --as USER is needed");
}

/// As kubectl: a server of a flag is none of whose name the file's `tls-server-name` speaks, and
/// whoever says how a server is to be trusted says all of it.
base::Result<> override_cluster(const ConfigOverrides& flags, Cluster& out) {
  if (flags.insecure && !flags.authority.empty()) {
    return base::fail(base::Code::InvalidArgument,
                      "--certificate-authority and --insecure-skip-tls-verify exclude each other");
  }
  if (!flags.server.empty()) out.server = flags.server;
  if (!flags.server.empty() || !flags.tls_server_name.empty()) {
    out.tls_server_name = flags.tls_server_name;
  }
  if (flags.insecure || !flags.authority.empty()) {
    out.insecure = flags.insecure;
    out.authority = {.text = {}, .file = flags.authority};
  }
  return {};
}

/// As kubectl: a token takes the place of passwords and plugins, and a client certificate is shown
/// beside it, which counts more for an API server.
base::Result<> override_user(const ConfigOverrides& flags, User& out) {
  if (!flags.token.empty()) {
    out.token = flags.token;
    out.token_file.clear();
    out.username.clear();
    out.password.clear();
    out.exec.reset();
  }
  if (!flags.certificate.empty()) out.certificate = {.text = {}, .file = flags.certificate};
  if (!flags.key.empty()) out.key = {.text = {}, .file = flags.key};
  if (out.certificate.empty() != out.key.empty()) {
    return base::fail(base::Code::InvalidArgument,
                      "--client-certificate and --client-key are needed together");
  }
  const Impersonation& as = flags.impersonate;
  if (!as.user.empty()) out.impersonate.user = as.user;
  if (!as.groups.empty()) out.impersonate.groups = as.groups;
  if (!as.uid.empty()) out.impersonate.uid = as.uid;
  if (!as.extra.empty()) out.impersonate.extra = as.extra;
  return judge(out.impersonate);
}

base::Result<> apply(const ConfigOverrides& flags, Config& out) {
  TRY(override_cluster(flags, out.cluster));
  return override_user(flags, out.user);
}

base::Result<ConfigFile> read_config_file(const std::string& path) {
  TRY(const std::string text, aio::read_file(path));
  return parse_config(text, path);
}

}  // namespace

base::Result<std::string> read_pem(const Pem& pem) {
  if (!pem.text.empty() || pem.file.empty()) return pem.text;
  return aio::read_file(pem.file);
}

base::Result<ConfigFile> parse_config(std::string_view text, const std::string& path) {
  const auto documents = api::parse_yaml(text, path);
  if (!documents) {
    return base::fail(base::Code::InvalidArgument, api::format(documents.error()));
  }
  ConfigFile out;
  if (documents->empty()) return out;
  const Node& file = documents->front();
  if (!file.is_map() || documents->size() != 1) {
    return base::fail(base::Code::InvalidArgument, path + ": one document, a map, is needed");
  }
  if (file.has("kind") && file["kind"].as_string() != "Config") {
    return base::fail(base::Code::InvalidArgument, fmt::format("{}: kind '{}': Config is needed",
                                                               path, file["kind"].as_string()));
  }
  out.current_context = file["current-context"].as_string();
  const auto in_file = [&](base::Result<> done) -> base::Result<> {
    if (!done) return tl::unexpected(done.error().with(path));
    return done;
  };
  TRY(in_file(read_all(file, "clusters", "cluster", path, out.clusters)));
  TRY(in_file(read_all(file, "users", "user", path, out.users)));
  TRY(in_file(read_all(file, "contexts", "context", path, out.contexts)));
  return out;
}

void merge(ConfigFile& into, const ConfigFile& later) {
  if (into.current_context.empty()) into.current_context = later.current_context;
  into.clusters.insert(later.clusters.begin(), later.clusters.end());
  into.users.insert(later.users.begin(), later.users.end());
  into.contexts.insert(later.contexts.begin(), later.contexts.end());
}

base::Result<Config> choose(const ConfigFile& file, const ConfigChoice& choice) {
  Config out;
  out.context = choice.context.empty() ? file.current_context : choice.context;
  Context context;
  if (!out.context.empty()) {
    TRY(context, named(file.contexts, out.context, "context"));
  }
  if (!choice.cluster.empty()) context.cluster = choice.cluster;
  if (!choice.user.empty()) context.user = choice.user;
  if (!choice.ns.empty()) context.ns = choice.ns;
  if (context.cluster.empty() && choice.overrides.server.empty()) {
    return base::fail(
        base::Code::FailedPrecondition,
        out.context.empty()
            ? "kubeconfig has no current context: choose one with --context"
            : fmt::format("context '{}' of kubeconfig names no cluster", out.context));
  }
  if (!context.cluster.empty()) {
    TRY(out.cluster, named(file.clusters, context.cluster, "cluster"));
  }
  if (out.cluster.server.empty() && choice.overrides.server.empty()) {
    return wrong(fmt::format("clusters[{}].cluster.server", context.cluster), "is missing");
  }
  if (!context.user.empty()) {
    TRY(out.user, named(file.users, context.user, "user"));
  }
  if (!context.ns.empty()) out.ns = context.ns;
  TRY(apply(choice.overrides, out));
  return out;
}

base::Result<ConfigFile> read_config_files(const std::string& file) {
  if (!file.empty()) return read_config_file(file);
  std::string list = aio::env_or("KUBECONFIG", "");
  if (list.empty()) list = aio::env_or("HOME", "/root") + "/.kube/config";
  ConfigFile out;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(':', at), list.size());
    const std::string path = list.substr(at, end - at);
    at = end + 1;
    if (path.empty()) continue;
    auto one = read_config_file(path);
    if (!one && one.error().code == base::Code::NotFound) continue;
    if (!one) return one;
    merge(out, *one);
  }
  return out;
}

base::Result<Config> in_cluster(const std::string& folder) {
  const std::string host = aio::env_or("KUBERNETES_SERVICE_HOST", "");
  const std::string port = aio::env_or("KUBERNETES_SERVICE_PORT", "");
  if (host.empty() || port.empty()) {
    return base::fail(base::Code::FailedPrecondition,
                      "no pod of a cluster: KUBERNETES_SERVICE_HOST and _PORT are not set");
  }
  Config out;
  const bool six = host.find(':') != std::string::npos;
  out.cluster.server = fmt::format("https://{}:{}", six ? "[" + host + "]" : host, port);
  out.cluster.authority.file = folder + "/ca.crt";
  out.user.token_file = folder + "/token";
  if (auto ns = aio::read_file(folder + "/namespace"); ns && !ns->empty()) {
    while (!ns->empty() && (ns->back() == '\n' || ns->back() == ' ')) ns->pop_back();
    out.ns = std::move(*ns);
  }
  return out;
}

base::Result<Config> load_config(const std::string& file, const ConfigChoice& choice) {
  const bool asked = !file.empty() || !choice.context.empty() || !choice.cluster.empty() ||
                     !choice.user.empty() || !choice.overrides.server.empty() ||
                     !aio::env_or("KUBECONFIG", "").empty();
  if (!asked) {
    if (auto pod = in_cluster()) {
      if (!choice.ns.empty()) pod->ns = choice.ns;
      TRY(apply(choice.overrides, *pod));
      return with_proxy(std::move(pod));
    }
  }
  TRY(const ConfigFile files, read_config_files(file));
  return with_proxy(choose(files, choice));
}

}  // namespace kube
