// The copy that reconcilers read: objects of one kind by key and by index, decoded to what the
// program needs of them. What changed is told as a key, never as an object: a reconcile looks at
// how things are now.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "kube/informer.h"
#include "kube/key.h"

namespace kube {

enum class News : std::uint8_t {
  Added,
  Updated,
  Removed,
  Relisted,  // came with a new list, in the version that was known: goes behind what changed
};

template <class T>
class Store final : public Copy {
 public:
  using Decode = std::function<base::Result<T>(std::string_view json)>;
  /// The values under which an object is found.
  using IndexBy = std::function<std::vector<std::string>(const T&)>;

  explicit Store(Decode decode) : decode_(std::move(decode)) {}

  /// Called for each change, when the copy has it; may read the copy.
  std::function<void(const Key&, News)> on_news;

  /// Before the first object.
  void add_index(const std::string& name, IndexBy by) { indexes_[name].by = std::move(by); }

  std::size_t size() const { return objects_.size(); }
  /// Null: there is none. Lifetime: until the next change.
  const T* find(const Key& key) const {
    const auto it = objects_.find(key);
    return it == objects_.end() ? nullptr : &it->second.object;
  }
  /// Empty: there is none.
  std::string version_of(const Key& key) const {
    const auto it = objects_.find(key);
    return it == objects_.end() ? "" : it->second.version;
  }
  /// In the order of keys.
  std::vector<Key> by_index(const std::string& name, const std::string& value) const {
    const auto index = indexes_.find(name);
    if (index == indexes_.end()) return {};
    const auto it = index->second.keys.find(value);
    if (it == index->second.keys.end()) return {};
    return {it->second.begin(), it->second.end()};
  }
  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& [key, entry] : objects_) visit(key, entry.object);
  }

  base::Result<> stage(const Key& key, const std::string& version, std::string_view json) override {
    const auto known = objects_.find(key);
    if (known != objects_.end() && known->second.version == version) {
      // Most of a new list is what the copy has already: it is not kept twice meanwhile.
      staged_.erase(key);
      known->second.stays = round_;
      known->second.listed_as = News::Relisted;
      return {};
    }
    auto object = decode_(json);
    unstage(key);  // what it was before is not what it is
    if (!object) return tl::unexpected(object.error());
    staged_.insert_or_assign(key, Entry{version, std::move(*object)});
    return {};
  }
  void unstage(const Key& key) override {
    staged_.erase(key);
    const auto known = objects_.find(key);
    if (known != objects_.end()) known->second.stays = 0;
  }
  void discard() override {
    staged_.clear();
    ++round_;
  }

  void commit() override {
    std::vector<Key> removed;
    for (const auto& [key, entry] : objects_) {
      if (entry.stays != round_ && !staged_.contains(key)) removed.push_back(key);
    }
    for (const Key& key : removed) {
      take_out(key);
      objects_.erase(key);
    }
    while (!staged_.empty()) {
      auto node = staged_.extract(staged_.begin());
      node.mapped().listed_as = take_out(node.key()) ? News::Updated : News::Added;
      objects_.erase(node.key());
      const auto it = objects_.insert(std::move(node)).position;
      for (auto& [name, index] : indexes_) enter(index, it->first, it->second.object);
    }
    staged_ = {};
    ++round_;
    for (const Key& key : removed) tell(key, News::Removed);
    // All that is left was in the list.
    for (const auto& [key, entry] : objects_) tell(key, entry.listed_as);
  }

  base::Result<> put(const Key& key, const std::string& version, std::string_view json) override {
    auto object = decode_(json);
    if (!object) {
      remove(key);
      return tl::unexpected(object.error());
    }
    const bool known = take_out(key);
    const auto it = objects_.insert_or_assign(key, Entry{version, std::move(*object)}).first;
    for (auto& [name, index] : indexes_) enter(index, key, it->second.object);
    tell(key, known ? News::Updated : News::Added);
    return {};
  }

  void remove(const Key& key) override {
    if (!take_out(key)) return;
    objects_.erase(key);
    tell(key, News::Removed);
  }

 private:
  struct Entry {
    std::string version;
    T object;
    std::uint32_t stays = 0;       // the round of staging that showed it unchanged
    News listed_as = News::Added;  // what the last list said of it
  };
  struct Index {
    IndexBy by;
    std::unordered_map<std::string, std::set<Key>> keys;
  };

  static void enter(Index& index, const Key& key, const T& object) {
    for (const std::string& value : index.by(object)) index.keys[value].insert(key);
  }
  /// Of the indexes. False: the object is not there.
  bool take_out(const Key& key) {
    const auto known = objects_.find(key);
    if (known == objects_.end()) return false;
    for (auto& [name, index] : indexes_) {
      for (const std::string& value : index.by(known->second.object)) {
        const auto it = index.keys.find(value);
        if (it == index.keys.end()) continue;
        it->second.erase(key);
        if (it->second.empty()) index.keys.erase(it);
      }
    }
    return true;
  }
  void tell(const Key& key, News what) const {
    if (on_news) on_news(key, what);
  }

  Decode decode_;
  std::unordered_map<Key, Entry, KeyHash> objects_, staged_;
  std::uint32_t round_ = 1;  // of staging
  std::map<std::string, Index> indexes_;
};

}  // namespace kube
