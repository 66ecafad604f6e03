#include "integration/postgres_fixture.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <grp.h>
#include <netinet/in.h>
#include <optional>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sstream>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace testing_postgres {

namespace {
constexpr const char* kPrograms = "/usr/lib/postgresql/15/bin/";
constexpr auto kPatience = std::chrono::seconds(20);

std::string slurp(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Polls until it holds; the condition is another process's, there is nothing to wait on.
template <class Condition>
bool eventually(Condition condition) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    ::poll(nullptr, 0, 10);
  }
  return true;
}

std::optional<passwd> owner() {
  if (geteuid() != 0) return std::nullopt;
  const passwd* found = getpwnam("postgres");
  if (found == nullptr) return std::nullopt;
  return *found;
}

/// In the child: becomes the owner, keeps its output in `log`, runs the program.
[[noreturn]] void become(const std::vector<std::string>& argv, const std::string& folder,
                         const std::string& log, bool die_with_parent) {
  if (const auto user = owner()) {
    if (setgroups(0, nullptr) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)
      _exit(126);
  }
  if (die_with_parent) prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (out < 0 || in < 0 || chdir(folder.c_str()) != 0) _exit(126);
  dup2(in, 0);
  dup2(out, 1);
  dup2(out, 2);
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  // Sanitizer settings of the test are not PostgreSQL's.
  char locale[] = "LC_ALL=C", path[] = "PATH=/usr/bin:/bin";
  char* environment[] = {locale, path, nullptr};
  execve(words[0], words.data(), environment);
  _exit(127);
}

std::uint16_t free_port() {
  const int socket_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  std::uint16_t port = 0;
  if (bind(socket_fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
      getsockname(socket_fd, reinterpret_cast<sockaddr*>(&address), &size) == 0) {
    port = ntohs(address.sin_port);
  }
  close(socket_fd);
  return port;
}

/// State letter and parent of a process; nothing when it is gone.
std::optional<std::pair<char, pid_t>> stat_of(pid_t pid) {
  const std::string text = slurp("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t end = text.rfind(')');
  if (end == std::string::npos) return std::nullopt;
  std::istringstream rest(text.substr(end + 1));
  char state = 0;
  pid_t parent = 0;
  rest >> state >> parent;
  return std::pair(state, parent);
}
}  // namespace

base::Result<> Server::make_folder() {
  char path[] = "/tmp/muster-pg-XXXXXX";
  if (mkdtemp(path) == nullptr) return base::fail_errno("mkdtemp", errno);
  folder_ = path;
  data_ = folder_ + "/data";
  if (const auto user = owner(); user && chown(path, user->pw_uid, user->pw_gid) != 0) {
    return base::fail_errno("chown", errno);
  }
  port_ = free_port();
  return {};
}

base::Result<> Server::run_tool(const std::vector<std::string>& argv) const {
  const std::string log = folder_ + "/tool.log";
  const pid_t child = fork();
  if (child == 0) become(argv, folder_, log, true);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (status == 0) return {};
  return base::fail(base::Code::Internal, argv[0] + " failed: " + slurp(log));
}

base::Result<> Server::write_settings(const Options& options) const {
  std::ofstream file(data_ + "/postgresql.conf", std::ios::app);
  file << "\nlisten_addresses = '127.0.0.1'\nport = " << port_ << "\nunix_socket_directories = '"
       << folder_ << "'\ncluster_name = '" << options.cluster_name
       << "'\nfsync = off\nshared_buffers = 16MB\n"
       << "dynamic_shared_memory_type = mmap\nmax_wal_size = 128MB\nwal_level = replica\n"
       << "hot_standby = on\nwal_receiver_status_interval = 1s\nwal_retrieve_retry_interval = "
          "100ms\n"
       << "autovacuum = off\n";
  for (const std::string& setting : options.settings) file << setting << '\n';
  file.flush();
  if (!file) return base::fail(base::Code::Internal, "cannot write postgresql.conf");
  return {};
}

base::Result<Server> Server::start(Options options) {
  Server server;
  TRY(server.make_folder());
  TRY(server.run_tool({std::string(kPrograms) + "initdb", "-D", server.data_, "-U", "postgres",
                       "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync",
                       "--no-instructions"}));
  TRY(server.write_settings(options));
  TRY(server.launch());
  return server;
}

base::Result<Server> Server::standby_of(const Server& primary, Options options) {
  Server server;
  TRY(server.make_folder());
  TRY(server.run_tool({std::string(kPrograms) + "pg_basebackup", "-D", server.data_, "-R", "-X",
                       "stream", "-c", "fast", "--no-sync", "-U", "postgres", "-h", "127.0.0.1",
                       "-p", std::to_string(primary.port())}));
  TRY(server.write_settings(options));
  TRY(server.launch());
  return server;
}

base::Result<> Server::launch() {
  const std::string log = folder_ + "/server.log";
  std::filesystem::remove(data_ + "/postmaster.pid");
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) {
    if (getppid() != parent) _exit(126);
    become({std::string(kPrograms) + "postgres", "-D", data_}, folder_, log, true);
  }
  if (child < 0) return base::fail_errno("fork", errno);
  pid_ = child;
  // The last line of postmaster.pid tells its state; "standby" means it takes read-only sessions.
  const bool up = eventually([&] {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      return true;
    }
    const std::string state = slurp(data_ + "/postmaster.pid");
    return state.find("\nready") != std::string::npos ||
           state.find("\nstandby") != std::string::npos;
  });
  if (up && pid_ > 0) return {};
  return base::fail(base::Code::Unavailable, "postgres did not start: " + this->log());
}

Server::Server(Server&& other) noexcept
    : folder_(std::exchange(other.folder_, {})),
      data_(std::move(other.data_)),
      port_(other.port_),
      pid_(std::exchange(other.pid_, -1)) {}

Server::~Server() {
  kill();
  if (folder_.empty()) return;
  std::error_code error;
  std::filesystem::remove_all(folder_, error);
}

std::vector<pid_t> Server::family() const {
  std::vector<pid_t> pids;
  if (pid_ <= 0) return pids;
  pids.push_back(pid_);
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const pid_t pid = std::atoi(entry.path().filename().c_str());
    if (pid <= 0) continue;
    if (const auto stat = stat_of(pid); stat && stat->second == pid_) pids.push_back(pid);
  }
  return pids;
}

void Server::signal_family(int number) const {
  for (const pid_t pid : family()) ::kill(pid, number);
}

void Server::kill() {
  if (pid_ <= 0) return;
  // The postmaster is stopped first, so that it makes no further child while we look.
  ::kill(pid_, SIGSTOP);
  const std::vector<pid_t> pids = family();
  for (const pid_t pid : pids) ::kill(pid, SIGKILL);
  waitpid(std::exchange(pid_, -1), nullptr, 0);
  eventually([&] {
    return std::none_of(pids.begin(), pids.end(), [](pid_t pid) {
      const auto stat = stat_of(pid);
      return stat && stat->first != 'Z';
    });
  });
}

void Server::freeze() {
  signal_family(SIGSTOP);
}
void Server::thaw() {
  signal_family(SIGCONT);
}
void Server::signal(int number) {
  if (pid_ > 0) ::kill(pid_, number);
}

base::Result<> Server::wait_gone() {
  if (pid_ <= 0) return {};
  const bool gone = eventually([&] { return waitpid(pid_, nullptr, WNOHANG) == pid_; });
  if (!gone) return base::fail(base::Code::DeadlineExceeded, "postgres is still there");
  pid_ = -1;
  return {};
}

base::Result<> Server::restart() {
  TRY(wait_gone());
  return launch();
}

std::string Server::log() const {
  return slurp(folder_ + "/server.log");
}

}  // namespace testing_postgres
