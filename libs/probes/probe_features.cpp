#include "probes/probe_features.h"

#include <utility>

#include <fmt/format.h>

#include "probes/feature_stream.h"
#include "probes/probe_fields.h"

namespace probes {
namespace {

api::FieldSpec list_field() {
  api::FieldSpec list = text_field("list", true, "the features");
  list.type = api::FieldType::Objects;
  list.minimum = 1;
  list.maximum = 100;
  api::FieldSpec name = text_field("name", true, "the name; its stream is PROBE/NAME");
  name.type = api::FieldType::Name;
  list.fields = {name, text_field("path", true, "the path and query")};
  for (const api::FieldSpec& field : request_fields()) list.fields.push_back(field);
  list.fields.push_back(
      flag_field("secured", false, "whether the user logs in first, in each operation"));
  return list;
}

api::ActionKind features_kind() {
  api::ActionKind kind;
  kind.name = "features";
  kind.uses = static_cast<std::uint8_t>(api::Use::Probe);
  kind.doc = "calls each feature of an application, over new connections";
  kind.fields = {text_field("url", true, "http:// or https:// address; its path is not used"),
                 list_field(),
                 request_field("login", false, "how a user logs in, for secured features")};
  for (const api::FieldSpec& field : site_fields()) kind.fields.push_back(field);
  kind.fields.push_back(integer_field("intervalMillis", 10, 60000, api::Node(1000),
                                      "time between operations of a stream"));
  kind.fields.push_back(deadline_field());
  return kind;
}

class FeaturesProbe final : public ProbeKind {
 public:
  const api::ActionKind& kind() const override { return kind_; }

  base::Result<std::vector<BuiltStream>> build(ProbeContext& context, const std::string& probe_name,
                                               const api::Node& params) const override {
    TRY(const HttpSite site, http_site(params, context.names, context.drill));
    std::vector<BuiltStream> built;
    for (const api::Node& feature : params["list"].items()) {
      FeatureExchange exchange;
      TRY(exchange.feature, request_of(feature, site));
      const std::string& name = feature["name"].as_string();
      if (feature["secured"].as_bool(false)) {
        if (!params.has("login")) {
          return base::fail(base::Code::InvalidArgument,
                            fmt::format("probe '{}': feature '{}' is secured, which needs `login`",
                                        probe_name, name));
        }
        TRY(exchange.login, request_of(params["login"], site));
      }
      BuiltStream stream;
      stream.spec = probe_stream(probe_name, name, drill::StreamKind::Feature,
                                 site.target.address.text() + exchange.feature.path, params,
                                 context.deadline_default);
      TRY(stream.operation, make_feature_operation(site.target, std::move(exchange)));
      built.push_back(std::move(stream));
    }
    return built;
  }

 private:
  api::ActionKind kind_ = features_kind();
};

}  // namespace

std::unique_ptr<ProbeKind> features_probe() {
  return std::make_unique<FeaturesProbe>();
}

}  // namespace probes
