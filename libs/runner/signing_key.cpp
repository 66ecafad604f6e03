#include "runner/signing_key.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "aio/descriptor.h"
#include "aio/file.h"
#include "runner/requester.h"

namespace runner {
namespace {

std::string private_path(const StateDir& state) {
  return state.keys() + "/evidence.key";
}
std::string public_path(const StateDir& state) {
  return state.keys() + "/evidence.pub";
}

base::Result<> check_mode(const std::string& path) {
  // The file itself, not what a link points to.
  const aio::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file.valid()) return base::fail_errno("cannot read the signing key " + path, errno);
  struct stat found{};
  if (::fstat(file.get(), &found) != 0) return base::fail_errno("cannot look at " + path, errno);
  constexpr unsigned kOthers = 077;
  if (found.st_uid != ::geteuid()) {
    return base::fail(base::Code::PermissionDenied,
                      fmt::format("the signing key {} belongs to user {}, muster runs as user {}",
                                  path, found.st_uid, ::geteuid()));
  }
  if ((found.st_mode & kOthers) != 0) {
    return base::fail(
        base::Code::PermissionDenied,
        fmt::format("the signing key {} has mode {:04o}: others may use it; chmod 0600 if nobody "
                    "did, else move it and evidence.pub away and let a new one be made",
                    path, found.st_mode & 07777U));
  }
  return {};
}

base::Result<OwnKey> load(const StateDir& state) {
  const std::string path = private_path(state);
  TRY(check_mode(path));
  constexpr std::size_t kBytesMax = 16384;
  TRY(const std::string pem, aio::read_file(path, kBytesMax));
  auto key = crypto::SigningKey::from_pem(pem);
  if (!key) return tl::unexpected(key.error().with(path));
  return OwnKey{std::move(*key), false, path};
}

/// Linked into its place, so that of two that begin at once one wins and both read the winner's.
base::Result<bool> make(const StateDir& state) {
  const crypto::SigningKey key = crypto::SigningKey::generate();
  const std::string path = private_path(state);
  const std::string draft = fmt::format("{}.{}", path, ::getpid());
  TRY(aio::write_file_atomic(draft, key.to_pem(), 0600));
  const int linked = ::link(draft.c_str(), path.c_str());
  const int error = errno;
  ::unlink(draft.c_str());
  if (linked == 0) return true;
  if (error == EEXIST) return false;
  return base::fail_errno("cannot make the signing key " + path, error);
}

/// The public line belongs to the private key, whatever was there before: one of a key that was
/// taken away is set aside, because bundles that were signed with it are checked with it.
base::Result<> publish(const StateDir& state, const crypto::PublicKey& key) {
  const std::string path = public_path(state);
  if (aio::file_exists(path)) {
    TRY(const auto list, trust_file(path));
    if (bundle::trusted_as(list, key)) return {};
    const std::string aside = path + ".old";
    if (::rename(path.c_str(), aside.c_str()) != 0) {
      return base::fail_errno("cannot rename " + path, errno);
    }
  }
  return aio::write_file_atomic(path, bundle::trust_line(key, "muster on " + requester_here().host),
                                0644);
}

}  // namespace

base::Result<OwnKey> own_key(const StateDir& state) {
  TRY(aio::make_dirs(state.keys(), 0700));
  bool made = false;
  if (!aio::file_exists(private_path(state))) {
    TRY(made, make(state));
  }
  TRY(OwnKey own, load(state));
  own.made = made;
  TRY(publish(state, own.key.public_key()));
  return own;
}

base::Result<std::vector<bundle::TrustedKey>> trust_file(const std::string& path) {
  TRY(const std::string text, aio::read_file(path));
  return bundle::parse_trust(text, path);
}

base::Result<std::vector<bundle::TrustedKey>> trusted_here(const StateDir& state) {
  std::vector<bundle::TrustedKey> out;
  for (const std::string& path : {public_path(state), state.keys() + "/trusted"}) {
    if (!aio::file_exists(path)) continue;
    TRY(const auto list, trust_file(path));
    out.insert(out.end(), list.begin(), list.end());
  }
  return out;
}

}  // namespace runner
