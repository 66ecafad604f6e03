// The flags of the commands for a cluster: which server, as whom, how long. Their names and what
// they mean are kubectl's.
#include <utility>

#include "cli/command_tree.h"
#include "cli/request_timeout.h"

namespace cli {

CLI::Option* CommandTree::repeated(CLI::App* sub, const std::string& name,
                                   std::vector<std::string>& values, const std::string& value_name,
                                   const std::string& help) {
  // One value each time: the next word is a command.
  return sub->add_option(name, values, help)->type_name(value_name)->take_all()->expected(1);
}

void CommandTree::add_cluster_flags(CLI::App* cluster) {
  ClusterFlags& flags = parsed_->global.cluster;
  kube::ConfigOverrides& over = flags.overrides;
  option(cluster, "--kubeconfig", flags.kubeconfig, "FILE",
         "default: $KUBECONFIG, a pod's service account, ~/.kube/config", {ValueKind::File, {}});
  option(cluster, "--context", flags.context, "NAME", "of the kubeconfig; default: its current one",
         {ValueKind::Context, {}});
  option(cluster, "--cluster", flags.cluster, "NAME",
         "of the kubeconfig, in place of the context's");
  option(cluster, "--user", flags.user, "NAME", "of the kubeconfig, in place of the context's");
  option(cluster, "-n,--namespace", flags.ns, "NAMESPACE", "default: that of the context",
         {ValueKind::Namespace, {}});
  option(cluster, "-s,--server", over.server, "URL", "the API server, in place of the cluster's");
  option(cluster, "--tls-server-name", over.tls_server_name, "NAME",
         "that the server's certificate is for; default: the server's");
  option(cluster, "--certificate-authority", over.authority, "FILE",
         "who signed the server's certificate, in place of the cluster's", {ValueKind::File, {}});
  cluster->add_flag("--insecure-skip-tls-verify", over.insecure,
                    "believe any server; whoever is in between reads and changes everything");
  CLI::Option* timeout = cluster->add_option_function<std::string>(
      "--request-timeout",
      [&flags](const std::string& text) {
        if (const auto read = request_timeout_of(text)) flags.request_timeout = *read;
      },
      "of each request: 30, 1m30s; 0: no limit; default: 30s. Connecting takes 10s at most");
  timeout->type_name("TIME")->check(CLI::Validator(
      [](const std::string& text) {
        const auto read = request_timeout_of(text);
        return read ? "" : read.error().message;
      },
      ""));
}

void CommandTree::add_cluster_identity(CLI::App* cluster) {
  kube::ConfigOverrides& over = parsed_->global.cluster.overrides;
  option(cluster, "--token", over.token, "TOKEN", "a bearer token, in place of the user's");
  option(cluster, "--client-certificate", over.certificate, "FILE", "in place of the user's",
         {ValueKind::File, {}});
  option(cluster, "--client-key", over.key, "FILE", "of the client certificate",
         {ValueKind::File, {}});
  option(cluster, "--as", over.impersonate.user, "USER", "act as this user");
  repeated(cluster, "--as-group", over.impersonate.groups, "GROUP",
           "act as one of this group; may be repeated");
  option(cluster, "--as-uid", over.impersonate.uid, "UID", "act as the user with this UID");
  cluster
      ->add_option_function<std::vector<std::string>>(
          "--as-user-extra",
          [&over](const std::vector<std::string>& pairs) {
            for (const std::string& pair : pairs) {
              const std::size_t equals = pair.find('=');
              over.impersonate.extra.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
            }
          },
          "what more is known of the user acted as; may be repeated")
      ->type_name("KEY=VALUE")
      ->take_all()
      ->expected(1)
      ->check(CLI::Validator(
          [](const std::string& pair) {
            const std::size_t equals = pair.find('=');
            const bool whole = equals != std::string::npos && equals > 0;
            return whole ? "" : "'" + pair + "' is not allowed: KEY=VALUE";
          },
          ""));
}

}  // namespace cli
