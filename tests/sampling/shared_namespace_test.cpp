// A pod that shares its process namespace, on the kernel of this machine: a namespace whose first
// process is called "pause", an application and a sidecar, each in a cgroup of its own.
#include <csignal>
#include <filesystem>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/check.h"
#include "own_cgroup.h"
#include "sampling/sampler.h"
#include "worker.h"

namespace sampling {
namespace {

/// What the processes of the pod say as they begin; the numbers are those of the pod's namespace.
struct Begun {
  bool possible = true;
  pid_t pause_outside = 0;
  pid_t application = 0;
  pid_t sidecar = 0;
};

class SharedPod {
 public:
  SharedPod(const OwnCgroup& application, const OwnCgroup& sidecar) {
    std::string pattern = std::filesystem::temp_directory_path() / "muster-pod-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    outer_ = ::fork();
    CHECK(outer_ >= 0);
    if (outer_ == 0) outside(application, sidecar);
    receive(begun);
  }
  ~SharedPod() {
    // Whoever ends the first process of a namespace ends them all.
    if (begun.pause_outside > 0) ::kill(begun.pause_outside, SIGKILL);
    ::waitpid(outer_, nullptr, 0);
    std::filesystem::remove_all(folder_);
  }
  SharedPod(const SharedPod&) = delete;
  SharedPod& operator=(const SharedPod&) = delete;

  /// Has the application use so much CPU time. Returns: what it says it used for that.
  double burn(double seconds) const {
    CHECK(::write(orders_[1], &seconds, sizeof seconds) == sizeof seconds);
    double used = 0;
    receive(used);
    return used;
  }
  /// /proc as the pod sees it.
  std::string proc() const {
    return "/proc/" + std::to_string(begun.pause_outside) + "/root" + folder_;
  }

  Begun begun;

 private:
  template <class T>
  void receive(T& out) const {
    CHECK(::read(answers_[0], &out, sizeof out) == sizeof out);
  }
  template <class T>
  void answer(const T& what) const {
    CHECK(::write(answers_[1], &what, sizeof what) == sizeof what);
  }

  /// Makes the namespaces, waits for their first process, and ends.
  [[noreturn]] void outside(const OwnCgroup& application, const OwnCgroup& sidecar) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    Begun now;
    now.possible = ::unshare(CLONE_NEWPID | CLONE_NEWNS) == 0 &&
                   ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    if (!now.possible) {
      answer(now);
      ::_exit(0);
    }
    const Pipe known;
    const pid_t first = ::fork();
    if (first == 0) pause(known[0], application, sidecar);
    CHECK(::write(known[1], &first, sizeof first) == sizeof first);
    ::waitpid(first, nullptr, 0);
    ::_exit(0);
  }

  [[noreturn]] void pause(int known, const OwnCgroup& application, const OwnCgroup& sidecar) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::prctl(PR_SET_NAME, "pause");
    Begun now;
    CHECK(::read(known, &now.pause_outside, sizeof(pid_t)) == sizeof(pid_t));
    now.possible = ::mount("proc", folder_.c_str(), "proc", 0, nullptr) == 0;
    now.application = ::fork();
    if (now.application == 0) be_application(application);
    now.sidecar = ::fork();
    if (now.sidecar == 0) be_sidecar(sidecar);
    bool moved = false;
    for (int child = 0; child < 2; ++child) {
      CHECK(::read(inner_[0], &moved, sizeof moved) == sizeof moved);
      now.possible = now.possible && moved;
    }
    answer(now);
    for (;;) ::pause();
  }

  [[noreturn]] void be_application(const OwnCgroup& cgroup) {
    ::prctl(PR_SET_NAME, "application");
    const bool moved = cgroup.take(0);
    CHECK(::write(inner_[1], &moved, sizeof moved) == sizeof moved);
    double seconds = 0;
    while (::read(orders_[0], &seconds, sizeof seconds) == sizeof seconds) {
      const double before = cpu_used();
      volatile std::uint64_t work = 0;
      while (cpu_used() < before + seconds) work = work + 1;
      answer(cpu_used() - before);
    }
    ::_exit(0);
  }

  [[noreturn]] void be_sidecar(const OwnCgroup& cgroup) {
    ::prctl(PR_SET_NAME, "muster-sidecar");
    const bool moved = cgroup.take(0);
    CHECK(::write(inner_[1], &moved, sizeof moved) == sizeof moved);
    for (;;) ::pause();
  }

  struct Pipe {
    int ends[2] = {-1, -1};
    Pipe() { CHECK(::pipe(ends) == 0); }
    ~Pipe() {
      ::close(ends[0]);
      ::close(ends[1]);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    int operator[](std::size_t end) const { return ends[end]; }
  };

  std::string folder_;
  Pipe orders_, answers_, inner_;
  pid_t outer_ = -1;
};

TEST(SharedNamespace, ASidecarSeesTheApplicationAndNothingElse) {
  const OwnCgroup application("application");
  const OwnCgroup sidecar("sidecar");
  const SharedPod pod(application, sidecar);
  if (!pod.begun.possible) {
    GTEST_SKIP() << "this user may not make a process namespace, or a cgroup";
  }
  Sampler sampler(processes_of({pod.proc(), {}, pod.begun.sidecar}), {pod.proc(), "1", {}, {}});
  sampler.sample(base::TimePoint(base::seconds(0)));
  const double used = pod.burn(0.25);
  const Sample second = sampler.sample(base::TimePoint(base::seconds(1)));
  ASSERT_FALSE(sampler.problem()) << sampler.problem()->message;
  EXPECT_EQ(second[Figure::Processes], 1.0);
  EXPECT_EQ(second[Figure::Containers], 1.0);
  ASSERT_TRUE(second[Figure::CpuCores]);
  EXPECT_NEAR(*second[Figure::CpuCores], used, 0.045);
  EXPECT_GT(*second[Figure::MemoryBytes], 0);
  EXPECT_TRUE(second[Figure::ReceivedBytesPerSecond]);
  const auto containers = sampler.containers();
  ASSERT_EQ(containers.size(), 1u);
  EXPECT_NE(containers[0].name.find("/muster-application-"), std::string::npos)
      << containers[0].name;
}

}  // namespace
}  // namespace sampling
