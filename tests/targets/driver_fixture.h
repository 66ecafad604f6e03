// A target of real processes for tests of drivers: shell programs in a private folder, with start
// and stop commands as a system has them, and nothing left behind. Drivers are used as a drill uses
// them: prepare, apply, undo, each by itself.
//
//   tree    a shell with two children, one in a session of its own; ends on SIGTERM
//   deaf    the same, and ignores SIGTERM
//   bare    as tree, without commands
// A file `refuse` or `hang` in the target's folder makes every start and stop fail, or hang.
#pragma once

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aio/file.h"
#include "api/local_system.h"
#include "targets/catalog.h"
#include "targets/driver.h"
#include "targets/local_target.h"

namespace targets {

inline constexpr const char* kProgram = R"sh(#!/bin/bash
set -eu
name=$2 file=$MUSTER_DIR/$2.pid
[ ! -e "$MUSTER_DIR/refuse" ] || { echo "no space left" >&2; exit 3; }
[ ! -e "$MUSTER_DIR/hang" ] || sleep 60
pid=$(cat "$file" 2>/dev/null || echo none)
runs() {
  case $(sed -n 's/^State:\t\(.\).*/\1/p' "/proc/$pid/status" 2>/dev/null) in '' | Z) return 1 ;; esac
}
case $1 in
  start)
    runs && exit 0
    rm -f "$file"
    setsid -f "$MUSTER_HOME/server.sh" "$file" "$name" >/dev/null 2>&1 </dev/null
    until [ -s "$file" ]; do sleep 0.01; done ;;
  stop)
    runs || exit 0
    kill -KILL -- "-$pid"
    while runs; do sleep 0.01; done ;;
esac
)sh";

inline constexpr const char* kServer = R"sh(#!/bin/bash
if [ "$2" = deaf ]; then trap '' TERM; else trap 'exit 0' TERM; fi
sleep 600 &
setsid sleep 600 &
echo $$ >"$1.new" && mv "$1.new" "$1"
while :; do wait; done
)sh";

class DriverTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "muster-drivers-XXXXXX";
    home_ = mkdtemp(pattern.data());
    dir_ = home_ + "/target";
    write_program("program.sh", kProgram);
    write_program("server.sh", kServer);
    open(system());
  }

  void TearDown() override {
    for (const pid_t pid : processes()) {
      ::kill(pid, SIGKILL);
    }
    std::filesystem::remove_all(home_);
  }

  static api::ProcessSpec process(const std::string& name) {
    api::ProcessSpec spec;
    spec.name = name;
    spec.pid_file = "{dir}/" + name + ".pid";
    spec.start = api::CommandSpec{{"./program.sh", "start", name}, 5};
    spec.stop = api::CommandSpec{{"./program.sh", "stop", name}, 5};
    return spec;
  }

  virtual api::LocalSystem system() {
    api::LocalSystem out;
    out.name = "processes";
    out.drillable = true;
    out.processes = {process("tree"), process("deaf"), process("bare"), process("slow")};
    out.processes[2].start.reset();
    out.processes[2].stop.reset();
    out.processes[3].start->timeout_seconds = 1;
    out.processes[3].stop->timeout_seconds = 1;
    return out;
  }

  void open(api::LocalSystem system, std::vector<std::string> relay_program = {}) {
    system.home = home_;
    auto target =
        LocalTarget::open(clock_, {std::move(system), dir_, {}, std::move(relay_program)});
    ASSERT_TRUE(target) << target.error().message;
    target_.emplace(std::move(*target));
  }

  void write_program(const std::string& name, const std::string& text) const {
    std::ofstream(home_ + "/" + name) << text;
    ::chmod((home_ + "/" + name).c_str(), 0755);
  }
  void touch(const std::string& name) const { std::ofstream(dir_ + "/" + name) << name; }
  void remove(const std::string& name) const { std::filesystem::remove(dir_ + "/" + name); }

  template <class T>
  base::Result<T> run(aio::Task<base::Result<T>> task) {
    return aio::run(io_, std::move(task));
  }
  Context context() {
    return {*target_, clock_, catalog_, sql_, http_, probes_, approvals_, part_};
  }

  Driver& driver(const char* kind, api::Use use) { return *catalog_.driver(kind, use); }
  base::Result<api::Node> prepare(Driver& driver, const api::Node& params) {
    Context with = context();
    return run(driver.prepare(with, params, {}));
  }
  base::Result<std::string> apply(Driver& driver, const api::Node& params, const api::Node& undo,
                                  std::stop_token stop = {}) {
    Context with = context();
    return run(driver.apply(with, params, undo, std::move(stop)));
  }
  base::Result<> undo(Driver& driver, const api::Node& params, const api::Node& undo) {
    Context with = context();
    return run(driver.undo(with, params, undo, {}));
  }
  /// prepare and apply; what undo() needs.
  api::Node inject(Driver& driver, const api::Node& params) {
    const auto prepared = prepare(driver, params);
    EXPECT_TRUE(prepared) << prepared.error().message;
    if (!prepared) return {};
    const auto done = apply(driver, params, *prepared);
    EXPECT_TRUE(done) << done.error().message;
    return *prepared;
  }
  base::Result<Check> check(const char* kind, const api::Node& params, std::stop_token stop = {}) {
    Context with = context();
    return run(catalog_.condition(kind)->check(with, params, std::move(stop)));
  }
  bool holds(const char* kind, const api::Node& params) {
    const auto seen = check(kind, params);
    EXPECT_TRUE(seen) << seen.error().message;
    return seen && seen->holds;
  }

  void start(const std::string& name) {
    if (name != "bare") {
      const auto started = run(target_->start_process(name, {}));
      ASSERT_TRUE(started) << started.error().message;
      return;
    }
    const auto started = run(target_->run({"./program.sh", "start", name}, base::seconds(5), {}));
    ASSERT_TRUE(started && started->ok());
  }
  ProcessState state(const std::string& name) { return target_->state(name).value(); }
  ProcessId root(const std::string& name) { return target_->roots(name).value().at(0); }
  std::vector<ProcessId> children(const std::string& name) { return descendants({root(name)}); }

  /// Everything that works for this target, by the folder in its environment.
  std::vector<pid_t> processes() const {
    std::vector<pid_t> out;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      const std::string name = entry.path().filename().string();
      if (name.find_first_not_of("0123456789") != std::string::npos) continue;
      const auto environment = aio::read_file(entry.path().string() + "/environ");
      const std::string mark = "MUSTER_DIR=" + dir_;
      if (environment && ('\0' + *environment).find('\0' + mark + '\0') != std::string::npos) {
        out.push_back(std::stoi(name));
      }
    }
    return out;
  }

  aio::asio::io_context io_;
  aio::SystemClock clock_;
  Catalog catalog_ = local_catalog();
  std::string home_;
  std::string dir_;
  std::optional<LocalTarget> target_;
  SqlClient* sql_ = nullptr;
  HttpClient* http_ = nullptr;
  const ProbeWatch* probes_ = nullptr;
  Approvals* approvals_ = nullptr;
  std::string part_;
};

}  // namespace targets
