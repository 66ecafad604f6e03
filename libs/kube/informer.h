// A copy of all objects of one kind, kept up to date over a Client: the driver of a Reflector. One
// request is under way at any time; what it says goes to a Copy as it comes.
//   kube::Store<Pod> pods(decode_pod);
//   kube::Informer informer(clock, client, {.resource = kPods}, pods);
//   group.spawn(informer.run(group.token()));
// Source: the behaviour of client-go's tools/cache (Reflector, DeltaFIFO, Store); see the README.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"
#include "kube/client.h"
#include "kube/key.h"
#include "kube/reflector.h"
#include "kube/resource.h"

namespace kube {

/// What an informer keeps up to date.
class Copy {
 public:
  virtual ~Copy() = default;
  /// Errors: the object cannot be decoded. It is then left out of the copy and told to the
  /// informer's `complain`, because one object that somebody spoilt must not hide all others.
  virtual base::Result<> stage(const Key& key, const std::string& version,
                               std::string_view json) = 0;
  virtual void unstage(const Key& key) = 0;
  virtual void discard() = 0;
  /// What is staged takes the place of everything.
  virtual void commit() = 0;
  virtual base::Result<> put(const Key& key, const std::string& version, std::string_view json) = 0;
  virtual void remove(const Key& key) = 0;
};

struct InformerOptions {
  Resource resource;
  std::string ns{};                // empty: of all namespaces
  std::string labels{}, fields{};  // selectors
  Reflector::Config reflector{};
};

class Informer {
 public:
  /// Lifetime: clock, client and copy outlive run(). Thread: the client's executor.
  Informer(aio::Clock& clock, Client& client, InformerOptions options, Copy& copy);
  ~Informer();
  Informer(const Informer&) = delete;
  Informer& operator=(const Informer&) = delete;

  /// Until stopped; failures are waited out. Errors: none but bugs.
  aio::Task<base::Result<>> run(std::stop_token stop);

  /// There was a whole copy.
  bool synced() const;
  /// The version of the collection that the copy is; empty before there is one.
  const std::string& version() const;
  /// Why the copy is late; empty: it is not, as far as is known.
  const std::string& problem() const;
  /// How often the whole was asked for.
  std::uint64_t lists() const;
  /// An object could not be decoded. `text`: which and why.
  std::function<void(const std::string& text)> complain;

 private:
  class Driver;
  std::unique_ptr<Driver> driver_;
};

}  // namespace kube
