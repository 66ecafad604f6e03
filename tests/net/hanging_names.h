// This program's getaddrinfo(): a name below "hangs.test" is not known until all of them are let
// go, as with a name server that is away, and then is not there, or, when it begins with "here", is
// 127.0.0.1. All others are as they are. Of one source of a program.
#pragma once

#include <condition_variable>
#include <dlfcn.h>
#include <mutex>
#include <netdb.h>
#include <string_view>

namespace net {

class HangingNames {
 public:
  static HangingNames& all() {
    static auto* const names = new HangingNames;  // what hangs may outlive main()
    return *names;
  }
  void hang() {
    const std::scoped_lock hold(mutex_);
    hangs_ = true;
  }
  void let_go() {
    const std::scoped_lock hold(mutex_);
    hangs_ = false;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock hold(mutex_);
    ++asked_;
    changed_.notify_all();
    changed_.wait(hold, [this] { return !hangs_; });
  }
  /// Waits until so many names in all were asked for.
  void until_asked(int count) {
    std::unique_lock hold(mutex_);
    changed_.wait(hold, [&] { return asked_ >= count; });
  }
  int asked() {
    const std::scoped_lock hold(mutex_);
    return asked_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool hangs_ = true;
  int asked_ = 0;
};

}  // namespace net

extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints,
                           addrinfo** found) {
  static const auto real =
      reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
  if (name != nullptr && std::string_view(name).ends_with(".hangs.test")) {
    net::HangingNames::all().wait();
    if (!std::string_view(name).starts_with("here")) return EAI_AGAIN;
    name = "127.0.0.1";
  }
  return real(name, service, hints, found);
}
