#include "kube/decode.h"

#include <simdjson.h>

#include <fmt/format.h>

namespace kube {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::string_view kInitialEnd = "k8s.io/initial-events-end";

tl::unexpected<base::Error> wrong(const char* what, const char* why) {
  return base::fail(base::Code::InvalidArgument, fmt::format("{}: {}", what, why));
}

/// Of the metadata of an object; absent texts stay empty.
struct Metadata {
  std::string_view name, space, version;
  bool initial_end = false;
};

simdjson::error_code read_annotations(ondemand::object annotations, Metadata& out) {
  for (auto field : annotations) {
    std::string_view key, value;
    if (const auto error = field.unescaped_key().get(key)) return error;
    if (key != kInitialEnd) continue;
    if (const auto error = field.value().get(value)) return error;
    out.initial_end = value == "true";
  }
  return simdjson::SUCCESS;
}

simdjson::error_code read_metadata(ondemand::object metadata, Metadata& out) {
  for (auto field : metadata) {
    std::string_view key;
    if (const auto error = field.unescaped_key().get(key)) return error;
    std::string_view* text = key == "name"              ? &out.name
                             : key == "namespace"       ? &out.space
                             : key == "resourceVersion" ? &out.version
                                                        : nullptr;
    if (text != nullptr) {
      if (const auto error = field.value().get(*text)) return error;
    } else if (key == "annotations") {
      ondemand::value value;
      if (const auto error = field.value().get(value)) return error;
      bool null = false;
      if (const auto error = value.is_null().get(null)) return error;
      if (null) continue;
      ondemand::object annotations;
      if (const auto error = value.get(annotations)) return error;
      if (const auto error = read_annotations(annotations, out)) return error;
    }
  }
  return simdjson::SUCCESS;
}

/// Its metadata, and then the text of the whole. Fields are walked, here and below, and never
/// looked up: a lookup that starts over in a text whose brackets do not match ends in an assumption
/// of simdjson's, which is an abort or worse.
simdjson::error_code read_object(ondemand::object object, Metadata& metadata,
                                 std::string_view& json) {
  for (auto field : object) {
    std::string_view key;
    if (const auto error = field.unescaped_key().get(key)) return error;
    if (key != "metadata") continue;
    ondemand::object inner;
    if (const auto error = field.value().get_object().get(inner)) return error;
    if (const auto error = read_metadata(inner, metadata)) return error;
    break;
  }
  if (const auto error = object.reset().error()) return error;
  if (const auto error = object.raw_json().get(json)) return error;
  while (!json.empty() && json.back() != '}' && json.back() <= ' ') json.remove_suffix(1);
  // What is skipped is not looked into, so brackets that do not match show up here.
  return json.starts_with('{') && json.ends_with('}') ? simdjson::SUCCESS : simdjson::TAPE_ERROR;
}

ObjectText text_of(const Metadata& metadata, std::string_view json) {
  return {{std::string(metadata.space), std::string(metadata.name)},
          std::string(metadata.version),
          json};
}

}  // namespace

class Decoder::Parser {
 public:
  /// simdjson reads over the end of a text, so it gets one with room behind it.
  simdjson::error_code open(std::string_view text, ondemand::document& out) {
    constexpr std::size_t kKept = std::size_t{4} << 20U;  // a whole list may be far larger
    if (buffer_.capacity() > kKept && text.size() < kKept) buffer_ = std::string();
    buffer_.assign(text);
    buffer_.reserve(text.size() + simdjson::SIMDJSON_PADDING);
    return parser_
        .iterate(simdjson::padded_string_view(buffer_.data(), buffer_.size(), buffer_.capacity()))
        .get(out);
  }

 private:
  std::string buffer_;
  ondemand::parser parser_;
};

Decoder::Decoder() : parser_(std::make_unique<Parser>()) {}
Decoder::~Decoder() = default;

base::Result<WatchEvent> Decoder::watch_event(std::string_view line) {
  constexpr const char* kWhat = "watch event";
  const auto failed = [](simdjson::error_code error) { return wrong(kWhat, error_message(error)); };
  ondemand::document document;
  if (const auto error = parser_->open(line, document)) return failed(error);
  ondemand::object event;
  if (const auto error = document.get_object().get(event)) return failed(error);
  std::string_view type;
  Metadata metadata;
  std::string_view json;
  for (auto field : event) {
    std::string_view key;
    if (const auto error = field.unescaped_key().get(key)) return failed(error);
    if (key == "type") {
      if (const auto error = field.value().get(type)) return failed(error);
    } else if (key == "object") {
      ondemand::object object;
      if (const auto error = field.value().get_object().get(object)) return failed(error);
      if (const auto error = read_object(object, metadata, json)) return failed(error);
    }
    if (!type.empty() && !json.empty()) break;
  }
  WatchEvent out;
  if (type == "ADDED") {
    out.change = Change::Added;
  } else if (type == "MODIFIED") {
    out.change = Change::Modified;
  } else if (type == "DELETED") {
    out.change = Change::Deleted;
  } else if (type == "ERROR") {
    out.error = true;
  } else if (type != "BOOKMARK") {
    return wrong(kWhat, type.empty() ? "it has no type" : "its type is unknown");
  }
  if (json.empty()) return wrong(kWhat, "it has no object");
  out.initial_end = metadata.initial_end && out.change == Change::Bookmark;
  out.object = text_of(metadata, json);
  if (out.error) return out;
  if (metadata.version.empty()) return wrong(kWhat, "its object has no resourceVersion");
  if (metadata.name.empty() && out.change != Change::Bookmark) {
    return wrong(kWhat, "its object has no name");
  }
  return out;
}

namespace {

simdjson::error_code read_list_metadata(ondemand::object metadata, ListPage& out) {
  for (auto field : metadata) {
    std::string_view key;
    if (const auto error = field.unescaped_key().get(key)) return error;
    std::string* text = key == "resourceVersion" ? &out.version
                        : key == "continue"      ? &out.next
                                                 : nullptr;
    if (text == nullptr) continue;
    std::string_view value;
    if (const auto error = field.value().get(value)) return error;
    *text = value;
  }
  return simdjson::SUCCESS;
}

simdjson::error_code read_items(ondemand::value items, ListPage& out) {
  bool null = false;
  if (const auto error = items.is_null().get(null)) return error;
  if (null) return simdjson::SUCCESS;
  ondemand::array array;
  if (const auto error = items.get(array)) return error;
  for (auto item : array) {
    ondemand::object object;
    if (const auto error = item.get_object().get(object)) return error;
    Metadata of;
    std::string_view json;
    if (const auto error = read_object(object, of, json)) return error;
    out.items.push_back(text_of(of, json));
  }
  return simdjson::SUCCESS;
}

}  // namespace

base::Result<ListPage> Decoder::list_page(std::string_view body) {
  constexpr const char* kWhat = "list";
  const auto failed = [](simdjson::error_code error) { return wrong(kWhat, error_message(error)); };
  ondemand::document document;
  if (const auto error = parser_->open(body, document)) return failed(error);
  ondemand::object list;
  if (const auto error = document.get_object().get(list)) return failed(error);
  ListPage out;
  bool has_items = false;
  for (auto field : list) {
    std::string_view key;
    if (const auto error = field.unescaped_key().get(key)) return failed(error);
    if (key == "metadata") {
      ondemand::object metadata;
      if (const auto error = field.value().get_object().get(metadata)) return failed(error);
      if (const auto error = read_list_metadata(metadata, out)) return failed(error);
    } else if (key == "items") {
      ondemand::value items;
      if (const auto error = field.value().get(items)) return failed(error);
      if (const auto error = read_items(items, out)) return failed(error);
      has_items = true;
    }
  }
  if (out.version.empty()) return wrong(kWhat, "it has no resourceVersion");
  if (!has_items) return wrong(kWhat, "it has no items");
  for (const ObjectText& item : out.items) {
    if (item.key.name.empty() || item.version.empty()) {
      return wrong(kWhat, "an item has no name or no resourceVersion");
    }
  }
  return out;
}

}  // namespace kube
