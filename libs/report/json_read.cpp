// The reading archive over the tables of fields.h: strict in types, words and presence, because a
// report that was cut off or edited must not come back as a shorter truth. The first problem wins;
// what follows it is skipped.
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/enum_words.h"
#include "report/fields.h"
#include "report/json.h"
#include "report/stamps.h"

namespace report {
namespace {

using Json = nlohmann::json;

// A stamp is the start plus a duration: with these limits no sum overflows.
constexpr double kSecondsMax = 4e9;
constexpr int kOldest = 3;  // the first version of the document that is read still
constexpr std::int64_t kStartMax = 4'000'000'000'000'000'000;

class Reader {
 public:
  template <class T>
  using Ref = T&;

  Reader(const Json& in, std::string path, drill::TimePoint origin, std::string* problem)
      : in_(in), path_(std::move(path)), origin_(origin), problem_(problem) {
    if (!in_.is_object()) wrong(path_.empty() ? "document" : path_, "an object");
  }

  void type(const char* /*name*/, const char* /*doc*/) {}
  void origin(const char* name, drill::TimePoint& value, const char* /*doc*/) {
    std::int64_t count = 0;
    (*this)(name, count, "");
    if (count < -kStartMax || count > kStartMax) wrong(name, "nanoseconds of a steady clock");
    if (!problem_->empty()) return;
    origin_ = value = drill::TimePoint(drill::Duration(count));
  }
  template <class T>
  void operator()(const char* name, T& value, const char* /*doc*/) {
    if (!problem_->empty()) return;
    const std::string path = path_.empty() ? name : path_ + "." + name;
    const auto found = in_.find(name);
    if (found == in_.end()) {
      *problem_ = path + ": missing";
      return;
    }
    read(*found, path, value);
  }

  template <class T>
  void later(const char* name, T& value, const char* doc) {
    if (in_.contains(name)) (*this)(name, value, doc);
  }

 private:
  void wrong(const std::string& path, const std::string& wanted) {
    if (problem_->empty()) *problem_ = path + ": must be " + wanted;
  }

  void read(const Json& in, const std::string& path, std::string& out) {
    if (!in.is_string()) return wrong(path, "a string");
    out = in.get<std::string>();
  }
  void read(const Json& in, const std::string& path, bool& out) {
    if (!in.is_boolean()) return wrong(path, "true or false");
    out = in.get<bool>();
  }
  void read(const Json& in, const std::string& path, double& out) {
    if (in.is_null()) {
      out = std::numeric_limits<double>::quiet_NaN();
    } else if (in.is_number()) {
      out = in.get<double>();
    } else {
      wrong(path, "a number or null");
    }
  }
  void read(const Json& in, const std::string& path, float& out) {
    double wide = 0;
    read(in, path, wide);
    out = static_cast<float>(wide);
  }
  template <class T>
    requires std::is_integral_v<T>
  void read(const Json& in, const std::string& path, T& out) {
    const bool fits =
        std::is_unsigned_v<T>
            ? in.is_number_unsigned() && in.get<std::uint64_t>() <= std::numeric_limits<T>::max()
            : in.is_number_integer();
    if (!fits) return wrong(path, "a whole number");
    out = in.get<T>();
  }
  void read(const Json& in, const std::string& path, drill::StreamId& out) {
    std::uint16_t number = 0;
    read(in, path, number);
    out = drill::StreamId(number);
  }
  void read(const Json& in, const std::string& path, drill::Duration& out) {
    if (!in.is_number() || std::fabs(in.get<double>()) > kSecondsMax) {
      return wrong(path, "a number of seconds");
    }
    out = duration_of(in.get<double>());
  }
  void read(const Json& in, const std::string& path, drill::TimePoint& out) {
    out = drill::kNever;
    if (in.is_null()) return;
    drill::Duration since{};
    read(in, path, since);
    out = origin_ + since;
  }
  void read(const Json& in, const std::string& path, drill::WallTime& out) {
    const auto time = in.is_string() ? parse_utc_nanos(in.get<std::string>()) : std::nullopt;
    if (!time) return wrong(path, "a time such as 2026-11-21T04:42:24.000000000Z");
    out = *time;
  }
  void read(const Json& in, const std::string& path, drill::Bounds& out) {
    Reader inner(in, path, origin_, problem_);
    std::optional<drill::Duration> upper;
    bool unbounded = false;
    inner("lowerSeconds", out.lower, "");
    inner("upperSeconds", upper, "");
    inner("unbounded", unbounded, "");
    if (unbounded == upper.has_value()) wrong(path, "unbounded exactly when upperSeconds is null");
    out.upper = upper;
  }
  template <class E>
    requires std::is_enum_v<E>
  void read(const Json& in, const std::string& path, E& out) {
    const auto value = in.is_string() ? base::value_of<E>(in.get<std::string>()) : std::nullopt;
    if (value) {
      out = *value;
      return;
    }
    std::string allowed;
    for (const auto word : base::words_of<E>())
      allowed += (allowed.empty() ? "" : ", ") + std::string(word);
    wrong(path, "one of " + allowed);
  }
  template <class T>
    requires std::is_class_v<T>
  void read(const Json& in, const std::string& path, T& out) {
    Reader inner(in, path, origin_, problem_);
    fields(inner, out);
  }
  template <class T>
  void read(const Json& in, const std::string& path, std::optional<T>& out) {
    out.reset();
    if (!in.is_null()) read(in, path, out.emplace());
  }
  template <class T>
  void read(const Json& in, const std::string& path, std::vector<T>& out) {
    out.clear();
    if (!in.is_array()) return wrong(path, "a list");
    out.reserve(in.size());
    for (const Json& item : in) {
      read(item, path + "[" + std::to_string(out.size()) + "]", out.emplace_back());
    }
  }
  template <class K, class T>
  void read(const Json& in, const std::string& path, std::map<K, T>& out) {
    out.clear();
    if (!in.is_object()) return wrong(path, "an object");
    for (const auto& [word, item] : in.items()) {
      K key{};
      if constexpr (std::is_enum_v<K>) {
        read(Json(word), path + "." + word, key);
      } else {
        key = word;
      }
      read(item, path + "." + word, out[key]);
    }
  }

  const Json& in_;
  std::string path_;
  drill::TimePoint origin_;
  std::string* problem_;
};

std::string wrong_document(const Json& document) {
  if (!document.is_object()) return "document: must be an object";
  if (document.value("kind", Json()) != "DrillReport") return "kind: must be DrillReport";
  if (document.value("apiVersion", Json()) != "muster.dev/v1alpha1") {
    return "apiVersion: must be muster.dev/v1alpha1";
  }
  const int known = drill::Report{}.version;
  const Json version = document.value("version", Json());
  if (version != known && version != kOldest) {
    return fmt::format("version: must be {} or {}", kOldest, known);
  }
  return "";
}

/// Until version 4 an objective that nobody had asked for was one of 0 s.
void forget_unasked(drill::ObjectiveResult& objective) {
  if (objective.objective != drill::Duration::zero()) return;
  objective.objective.reset();
  objective.verdict.reset();
}

}  // namespace

base::Result<drill::Report> from_json(std::string_view text) {
  const Json document = Json::parse(text, nullptr, false);
  if (document.is_discarded()) {
    return base::fail(base::Code::InvalidArgument, "the report is not JSON, or is cut off");
  }
  drill::Report report;
  std::string problem = wrong_document(document);
  Reader reader(document, "", {}, &problem);
  fields(reader, report);
  if (!problem.empty()) return base::fail(base::Code::InvalidArgument, problem);
  forget_unasked(report.rto);
  forget_unasked(report.rpo);
  report.version = drill::Report{}.version;
  return report;
}

}  // namespace report
