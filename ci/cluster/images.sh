#!/usr/bin/env bash
# images.sh [--binaries FOLDER] [IMAGE...]: the images of a cluster, made of this machine's Debian packages
# and no registry; prints the archive of each. IMAGE is one of, and if none is named it is all,
#   pause      what holds the namespaces of every pod
#   muster     muster:dev, with muster-operator if FOLDER has one; FOLDER is build/default if not named
#   postgres   postgres:dev, one instance of a pair that replicates (images/postgres/entry.sh)
#   app        app:dev, the shop of dr-drills/systems/shared
# An image is made once for the same files and settings, under ${XDG_CACHE_HOME:-~/.cache}/muster/images.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
binaries=$root/build/default
if [ "${1:-}" = --binaries ]; then
  binaries=$2
  shift 2
fi
if [ $# -eq 0 ]; then
  set -- pause postgres app
  if [ -n "$(find "$binaries" -maxdepth 2 -type f -name muster 2>/dev/null)" ]; then
    set -- "$@" muster
  else
    echo "image muster is left out: no muster in $binaries" >&2
  fi
fi

cache=${XDG_CACHE_HOME:-$HOME/.cache}/muster/images
mkdir -p "$cache"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

builder() {
  buildah --root "$work/images" --runroot "$work/run" --storage-driver vfs "$@"
}

# image NAME [OPTION OF buildah config...]: of the files in $work/NAME.tar
image() {
  local name=$1 key archive container
  shift
  key=$({ sha256sum <"$work/$name.tar" && printf '%s\n' "$@"; } | sha256sum | cut -c1-16)
  archive=$cache/$name-$key.tar
  if [ ! -e "$archive" ]; then
    container=$(builder from scratch)
    builder add -q "$container" "$work/$name.tar" / >/dev/null
    builder config "$@" "$container"
    builder commit -q --timestamp 0 "$container" "$name:dev" >/dev/null
    # Written beside and renamed: what was interrupted leaves no image.
    builder push -q "$name:dev" "oci-archive:$archive.part:docker.io/library/$name:dev"
    mv "$archive.part" "$archive"
    builder rm "$container" >/dev/null
    printf '%s:dev %s MB compressed\n' "$name" "$(du -k "$archive" | awk '{ printf "%.1f", $1 / 1024 }')" >&2
  fi
  # Old ones of the same name are of no use to anybody.
  find "$cache" -name "$name-*.tar" ! -path "$archive" -mtime +7 -delete
  echo "$archive"
}

files() {
  "$here/rootfs.py" "$work/$1.tar" "${@:2}"
}

make_pause() {
  clang-19 -Os -static -s -o "$work/pause" "$here/images/pause/pause.c"
  tar -C "$work" --numeric-owner --owner=0 --group=0 --mtime=@0 -cf "$work/pause.tar" pause
  rm "$work/pause"
  image pause --entrypoint '["/pause"]' --user 65534:65534
}

make_muster() {
  local program programs=()
  for program in muster muster-operator; do
    path=$(find "$binaries" -maxdepth 2 -type f -name "$program" -perm -u+x 2>/dev/null | head -1)
    if [ -n "$path" ]; then
      cp "$path" "$work/$program"
      strip --strip-unneeded "$work/$program"
      programs+=(--file "$work/$program=/usr/bin/$program")
    fi
  done
  [ -e "$work/muster" ] || { echo "error: no muster in $binaries: make build, or --binaries" >&2; exit 1; }
  files muster "${programs[@]}" --package tzdata --file /etc/ssl/certs/ca-certificates.crt --user muster:65532 \
    --folder /var/lib/muster:65532:0700
  image muster --entrypoint '["/usr/bin/muster"]' --user 65532:65532 --workingdir /var/lib/muster \
    --env HOME=/var/lib/muster --env PATH=/usr/bin
}

make_postgres() {
  local bin=/usr/lib/postgresql/15/bin options=() program
  for program in postgres initdb pg_ctl pg_basebackup pg_rewind pg_isready pg_controldata psql; do
    options+=(--file "$bin/$program")
  done
  for program in cat chmod env id mkdir mv rm sleep touch chown; do options+=(--file "/usr/bin/$program"); done
  # Just-in-time compilation is four fifths of PostgreSQL's files, and these queries are short.
  for program in /usr/lib/postgresql/15/lib/*.so; do
    case $program in */llvmjit*) ;; *) options+=(--file "$program") ;; esac
  done
  files postgres "${options[@]}" --file /usr/bin/dash=/usr/bin/sh --file /usr/share/postgresql/15 --package tzdata \
    --file "$here/images/postgres/entry.sh=/entry.sh" --file "$root/dr-drills/systems/shared/schema.sql=/schema.sql" \
    --folder /data:999:0700 --user postgres:999
  image postgres --entrypoint '["/bin/sh", "/entry.sh"]' --user 999:999 --stop-signal SIGINT --port 5432 \
    --env "PATH=$bin:/usr/bin" --env TZ=UTC --env PGDATA=/data/instance --volume /data
}

make_app() {
  local package options=()
  for package in python3.11-minimal libpython3.11-minimal libpython3.11-stdlib python3-psycopg2 python3-redis \
    python3-async-timeout python3-packaging python3-deprecated python3-wrapt; do
    options+=(--package "$package")
  done
  files app "${options[@]}" --file "$root/dr-drills/systems/shared/shop.py=/shop.py" --user app:65532
  image app --entrypoint '["/usr/bin/python3.11", "/shop.py"]' --user 65532:65532 --port 8080 --env PATH=/usr/bin \
    --env PYTHONDONTWRITEBYTECODE=1
}

for one in "$@"; do
  case $one in
    pause | muster | postgres | app) "make_$one" ;;
    *) echo "error: no image '$one': pause, muster, postgres or app" >&2; exit 2 ;;
  esac
done
