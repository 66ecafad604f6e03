# Sourced: lets `sudo` hold what makes a command run as root, nothing where we are. Says what root is
# needed for, and ends, where neither can be had.
#
#   need_root 'installing it'
need_root() {
  sudo=()
  [ "$(id -u)" -ne 0 ] || return 0
  command -v sudo >/dev/null || { echo "error: $1 needs root or sudo" >&2; exit 1; }
  sudo=(sudo)
}
