// A real PostgreSQL 15 for one test: a private folder, a free loopback port, a direct child of the
// test program that dies with it, everything removed at the end. Run by root it becomes the user
// postgres, because PostgreSQL refuses root.
//
//   auto server = testing_postgres::Server::start({.cluster_name = "a"});
//   ASSERT_TRUE(server) << server.error().message;
//   … 127.0.0.1:server->port(), user postgres, trust …
//   server->kill();
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

#include "base/result.h"

namespace testing_postgres {

struct Options {
  std::string cluster_name = "a";
  std::vector<std::string> settings;  // "max_connections = 5"
};

class Server {
 public:
  /// initdb, start, wait until it takes connections.
  static base::Result<Server> start(Options options);
  /// A streaming standby of `primary`, by pg_basebackup.
  static base::Result<Server> standby_of(const Server& primary, Options options);
  Server(Server&& other) noexcept;
  Server& operator=(Server&&) = delete;
  /// Kills what runs and removes the folder.
  ~Server();

  std::uint16_t port() const { return port_; }
  const std::string& folder() const { return folder_; }
  /// The folder of the Unix socket.
  std::string socket_folder() const { return folder_; }
  pid_t pid() const { return pid_; }

  /// SIGKILL to the postmaster and all its children; returns when they are gone.
  void kill();
  /// SIGSTOP / SIGCONT to the postmaster and all its children.
  void freeze();
  void thaw();
  /// A signal to the postmaster alone: SIGTERM smart, SIGINT fast, SIGQUIT immediate shutdown.
  void signal(int number);
  /// Waits until the postmaster is gone.
  base::Result<> wait_gone();
  /// Starts it again after an end.
  base::Result<> restart();
  /// The server's log.
  std::string log() const;

 private:
  Server() = default;
  base::Result<> make_folder();
  base::Result<> run_tool(const std::vector<std::string>& argv) const;
  base::Result<> write_settings(const Options& options) const;
  base::Result<> launch();
  std::vector<pid_t> family() const;
  void signal_family(int number) const;

  std::string folder_;
  std::string data_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace testing_postgres
