// The writing archive over the tables of fields.h.
#include <cmath>

#include <nlohmann/json.hpp>

#include "report/fields.h"
#include "report/json.h"
#include "report/stamps.h"

namespace report {
namespace {

using Json = nlohmann::ordered_json;

class Writer {
 public:
  template <class T>
  using Ref = const T&;

  explicit Writer(drill::TimePoint origin) : origin_(origin) {}

  void type(const char* /*name*/, const char* /*doc*/) {}
  void origin(const char* name, drill::TimePoint value, const char* /*doc*/) {
    out_[name] = value.time_since_epoch().count();
  }
  template <class T>
  void operator()(const char* name, const T& value, const char* /*doc*/) {
    out_[name] = json(value);
  }
  template <class T>
  void later(const char* name, const T& value, const char* doc) {
    (*this)(name, value, doc);
  }
  Json take() { return std::move(out_); }

 private:
  static Json json(const std::string& value) { return value; }
  static Json json(bool value) { return value; }
  static Json json(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }
  static Json json(float value) { return json(static_cast<double>(value)); }
  static Json json(const drill::StreamId& id) { return id.value(); }
  static Json json(drill::Duration value) { return seconds_of(value); }
  static Json json(drill::WallTime value) { return utc_nanos(value); }
  Json json(drill::TimePoint value) const {
    return value == drill::kNever ? Json(nullptr) : Json(seconds_of(value - origin_));
  }
  static Json json(const drill::Bounds& value) {
    return {{"lowerSeconds", seconds_of(value.lower)},
            {"upperSeconds", value.upper ? Json(seconds_of(*value.upper)) : Json(nullptr)},
            {"unbounded", !value.upper}};
  }
  template <class T>
    requires std::is_integral_v<T>
  static Json json(T value) {
    return value;
  }
  template <class T>
    requires std::is_enum_v<T>
  static Json json(T value) {
    return name(value);
  }
  template <class T>
    requires std::is_class_v<T>
  Json json(const T& value) const {
    Writer inner(origin_);
    fields(inner, value);
    return inner.take();
  }
  template <class T>
  Json json(const std::optional<T>& value) const {
    return value ? json(*value) : Json(nullptr);
  }
  template <class T>
  Json json(const std::vector<T>& values) const {
    Json list = Json::array();
    for (const T& value : values) list.push_back(json(value));
    return list;
  }
  template <class K, class T>
  Json json(const std::map<K, T>& values) const {
    Json object = Json::object();
    for (const auto& [key, value] : values) object[key_of(key)] = json(value);
    return object;
  }
  static const char* key_of(const std::string& key) { return key.c_str(); }
  template <class K>
    requires std::is_enum_v<K>
  static const char* key_of(K key) {
    return name(key);
  }

  drill::TimePoint origin_;
  Json out_ = Json::object();
};

}  // namespace

std::string to_json(const drill::Report& report) {
  Writer writer(report.steady_start);
  fields(writer, report);
  Json document = {{"apiVersion", "muster.dev/v1alpha1"}, {"kind", "DrillReport"}};
  document.update(writer.take());
  // Text from the target may hold any bytes; what is not UTF-8 becomes U+FFFD.
  return document.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace report
