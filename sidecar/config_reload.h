// The configuration in force, and what its file says now: the file of --config is read again and
// again, judged whole by the code that judges it at the start, and taken or refused whole. Flags of
// the command line win over what it says, as they do at the start.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "aio/clock.h"
#include "base/result.h"
#include "sidecar/options.h"
#include "sidecar/reloads.h"

namespace sidecar {

/// Which program this is.
struct Build {
  std::string version, revision, compiler;
};

/// muster_build_info, in the text format 0.0.4.
std::string build_exposition(const Build& build);

/// How the sidecar was started, and what it takes to read its configuration anew.
struct Configured {
  Settings settings;
  std::string file, text;                           // of --config; empty: there is none
  std::function<Parsed(const std::string&)> parse;  // the same flags over another text
  bool optional = false;                            // the file may be missing
  Build build{};
};

/// Thread: of the main thread.
class ConfigReload {
 public:
  /// Puts settings in force; what it refuses stays as it was.
  using Use = std::function<base::Result<>(const Settings& settings)>;

  /// What became of a file that says something new: whether it is in force, and what is other, or
  /// why it is not.
  using Told = std::function<void(bool taken, const std::string& file, const std::string& text)>;

  ConfigReload(Configured configured, base::WallTime now);
  void on_news(Told told) { told_ = std::move(told); }

  const Build& build() const { return configured_.build; }
  const Settings& settings() const { return configured_.settings; }
  /// Of --config-optional: who is put into a pod must not keep it from starting.
  bool optional() const { return configured_.optional; }
  /// Reads the file. `at_once`: without seeing twice what it says.
  void look(bool at_once, base::WallTime now, const Use& use);
  /// Empty where there is no file.
  std::string exposition() const;

 private:
  void tell(bool taken, const std::string& text) const;
  base::Result<> take(const base::Result<std::string>& text, const Use& use);

  Configured configured_;
  Told told_;
  Reloads reloads_;
  std::vector<std::string> needs_restart_;
};

}  // namespace sidecar
