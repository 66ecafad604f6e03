#include "runner/requester.h"

#include <algorithm>
#include <array>
#include <pwd.h>
#include <unistd.h>

#include "aio/file.h"

namespace runner {
namespace {

std::string user_name(uid_t uid) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> room{};
  if (getpwuid_r(uid, &entry, room.data(), room.size(), &found) == 0 && found != nullptr) {
    return found->pw_name;
  }
  return std::to_string(uid);
}

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

/// As the kernel has it: nothing has to be handed through the program.
std::string command_line() {
  constexpr std::size_t kBytesMax = 65536;
  auto text = aio::read_file("/proc/self/cmdline", kBytesMax);
  if (!text) return "";
  while (!text->empty() && text->back() == '\0') text->pop_back();
  std::replace(text->begin(), text->end(), '\0', ' ');
  return *text;
}

}  // namespace

bundle::Requester requester_here() {
  bundle::Requester out;
  out.uid = getuid();
  out.user = user_name(getuid());
  if (const std::string behind = aio::env_or("SUDO_USER", ""); !behind.empty()) {
    out.user += " (sudo: " + behind + ")";
  }
  out.host = host_name();
  out.command = command_line();
  return out;
}

}  // namespace runner
