#include "sidecar/config_reload.h"

#include <utility>

#include <fmt/format.h>

#include "aio/file.h"
#include "sidecar/config_difference.h"
#include "sidecar/config_file.h"
#include "sidecar/log.h"
#include "sidecar/metric_text.h"
#include "sidecar/restart.h"

namespace sidecar {
namespace {

std::string one_line(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

std::string build_exposition(const Build& build) {
  return metric_head("muster_build_info", "gauge", "The program that is running; always 1.") +
         fmt::format("muster_build_info{{version=\"{}\",revision=\"{}\",compiler=\"{}\"}} 1\n",
                     build.version, build.revision, build.compiler);
}

ConfigReload::ConfigReload(Configured configured, base::WallTime now)
    : configured_(std::move(configured)), reloads_(configured_.text, now) {}

void ConfigReload::look(bool at_once, base::WallTime now, const Use& use) {
  if (configured_.file.empty()) return;
  const auto text =
      or_missing(aio::read_file(configured_.file, kConfigBytesMax), configured_.optional);
  if (!reloads_.is_news(text ? *text : text.error().message, at_once)) return;
  const std::string before = configured_.text;
  if (const auto taken = take(text, use); !taken) {
    reloads_.failed();
    tell(false, one_line(taken.error().message));
    log(Level::Error, "the new configuration is not used, the old one stays",
        {{"file", configured_.file}, {"error", one_line(taken.error().message)}});
    return;
  }
  reloads_.succeeded(now);
  tell(true, difference_of(before, configured_.text, needs_restart_));
  log(Level::Info, "another configuration is in force", {{"file", configured_.file}});
  if (needs_restart_.empty()) return;
  log(Level::Warning, "some of it needs a restart, and the rest is in force",
      {{"file", configured_.file},
       {"settings", fmt::format("{}", fmt::join(needs_restart_, " "))}});
}

void ConfigReload::tell(bool taken, const std::string& text) const {
  if (told_) told_(taken, configured_.file, text);
}

base::Result<> ConfigReload::take(const base::Result<std::string>& text, const Use& use) {
  if (!text) return tl::unexpected(text.error());
  const Parsed parsed = configured_.parse(*text);
  if (!parsed.settings) return base::fail(base::Code::InvalidArgument, parsed.err);
  Change change = change_of(configured_.settings, *parsed.settings);
  TRY(use(change.settings));
  configured_.settings = std::move(change.settings);
  configured_.text = *text;
  needs_restart_ = std::move(change.needs_restart);
  return {};
}

std::string ConfigReload::exposition() const {
  if (configured_.file.empty()) return {};
  return reloads_.exposition("config") +
         fmt::format(
             "# HELP muster_sidecar_config_needs_restart Settings whose new value waits for a "
             "restart.\n"
             "# TYPE muster_sidecar_config_needs_restart gauge\n"
             "muster_sidecar_config_needs_restart {}\n",
             needs_restart_.size());
}

}  // namespace sidecar
