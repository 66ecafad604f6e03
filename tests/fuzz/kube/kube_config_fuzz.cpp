// Whatever a kubeconfig says, it is read or refused, and what was read can be merged and chosen
// from.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "kube/config.h"
#include "kube/credentials.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(kube::parse_plugin_answer(text, "v1"));
  const auto file = kube::parse_config(text, "/home/me/.kube/config");
  if (!file) {
    CHECK(!file.error().message.empty());
    return 0;
  }
  kube::ConfigFile twice = *file;
  kube::merge(twice, *file);
  CHECK(twice.clusters.size() == file->clusters.size());
  for (const auto& [name, context] : file->contexts) {
    const auto config = kube::choose(*file, {.context = name});
    if (config) CHECK(!config->cluster.server.empty() && !config->ns.empty());
  }
  return 0;
}
