// Who we are to the API server, kept fresh: files of a token or a certificate are read again when
// they are a minute old (a pod's token is replaced long before it expires), a credential plugin is
// asked when what it gave is about to expire, and either after the server has said 401. Of requests
// that find it stale at the same time one asks, and the others wait for its answer.
//
// Source: KEP-541 (exec credential providers), the API client.authentication.k8s.io; the constants
// of client-go's transport and plugin/pkg/client/auth/exec.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "aio/clock.h"
#include "aio/event.h"
#include "aio/task.h"
#include "base/result.h"
#include "kube/config.h"

namespace kube {

/// Files are read again when they are so old.
inline constexpr base::Duration kFileAge = base::seconds(60);

/// What a plugin printed.
struct PluginAnswer {
  std::string token;
  std::string certificate, key;           // PEM
  std::optional<base::WallTime> expires;  // nothing: good until a 401
};
/// Errors: InvalidArgument: no ExecCredential of this version, without a token or certificate, or
/// with a certificate without its key.
base::Result<PluginAnswer> parse_plugin_answer(std::string_view json,
                                               const std::string& api_version);

/// What to send and to present.
struct Identity {
  std::string authorization;     // header; empty: none
  std::string certificate, key;  // PEM; empty: none
  std::uint64_t generation = 0;  // of the certificate; another one: make new connections
};

class Credentials {
 public:
  /// Errors: those of reading the user's certificate and key.
  static base::Result<Credentials> make(aio::Clock& clock, User user);

  /// Reads or asks where it must. Errors, all worth another try: NotFound with the plugin's hint,
  /// PermissionDenied when it fails or gives nothing usable, those of reading a file.
  aio::Task<base::Result<Identity>> current(std::stop_token stop);
  /// The server said 401 to `identity`. False: nothing here could be any fresher, so asking again
  /// is no use. What is known is forgotten only if it is that.
  bool refused(const Identity& identity);

 private:
  Credentials(aio::Clock& clock, User user) : clock_(&clock), user_(std::move(user)) {}
  bool has_files() const;
  bool stale() const;
  base::Result<> read_files();
  base::Result<> take_token(std::string token, const std::string& whose);
  aio::Task<base::Result<>> refresh(std::stop_token stop);
  aio::Task<base::Result<>> ask_plugin(std::stop_token stop);

  aio::Clock* clock_;
  User user_;
  Identity identity_;
  bool known_ = false;
  base::TimePoint read_{};                 // the files
  std::optional<base::WallTime> expires_;  // of what the plugin gave
  std::shared_ptr<aio::Event> asking_;     // set when the one who asks has its answer
};

}  // namespace kube
