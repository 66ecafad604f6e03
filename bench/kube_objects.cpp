#include "kube_objects.h"

#include <cstdio>
#include <simdjson.h>

namespace bench {

base::Result<Slim> decode(std::string_view json) {
  static simdjson::ondemand::parser parser;
  const auto failed = [](simdjson::error_code error) {
    return base::fail(base::Code::InvalidArgument, simdjson::error_message(error));
  };
  simdjson::ondemand::document document;
  const simdjson::padded_string_view padded(json.data(), json.size(),
                                            json.size() + simdjson::SIMDJSON_PADDING);
  if (const auto error = parser.iterate(padded).get(document)) return failed(error);
  std::string_view uid, owner, phase;
  if (const auto error = document["data"]["phase"].get(phase)) return failed(error);
  if (const auto error = document["metadata"]["uid"].get(uid)) return failed(error);
  if (const auto error = document["metadata"]["labels"]["owner"].get(owner)) return failed(error);
  return Slim{std::string(uid), std::string(owner), std::string(phase)};
}

kube::InformerOptions all_config_maps() {
  kube::InformerOptions out;
  out.resource = kConfigMaps;
  out.labels = "app=bench";
  return out;
}

base::Result<std::unique_ptr<Session>> Session::open(const std::string& kubeconfig) {
  auto out = std::make_unique<Session>();
  TRY(kube::Config config, kube::load_config(kubeconfig, {}));
  TRY(out->client, kube::Client::make(out->clock, out->context.get_executor(), std::move(config)));
  return out;
}

int exit_code(const base::Result<>& outcome) {
  if (outcome) return 0;
  std::fprintf(stderr, "error: %s\n", outcome.error().message.c_str());
  return 1;
}

}  // namespace bench
