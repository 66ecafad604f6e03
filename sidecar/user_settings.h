// What is set about the users of an application; plain data.
#pragma once

#include <string>
#include <vector>

#include "alert/user_gate.h"
#include "sidecar/protection.h"

namespace sidecar {

struct UserSettings {
  Limiting mode = Limiting::Off;
  std::string header, cookie;  // which name a user; none, or not there: the client is the user
  std::vector<std::string> high, low;  // names of users, or addresses, of that rank
  alert::UserGateSettings gate;        // but for what the fields above say
};

}  // namespace sidecar
