// Strong types for identifiers: a DrillId is not a PlanName, a StreamId is not an index.
#pragma once

#include <compare>
#include <functional>
#include <utility>

namespace base {

template <class Tag, class Value>
class Strong {
 public:
  Strong() = default;
  explicit Strong(Value value) : value_(std::move(value)) {}
  const Value& value() const { return value_; }
  auto operator<=>(const Strong&) const = default;

 private:
  Value value_{};
};

}  // namespace base

template <class Tag, class Value>
struct std::hash<base::Strong<Tag, Value>> {
  std::size_t operator()(const base::Strong<Tag, Value>& id) const {
    return std::hash<Value>{}(id.value());
  }
};
