#!/usr/bin/env bash
# images.sh [--binaries FOLDER] [IMAGE...]: the images of a cluster, made of this machine's Debian packages
# and no registry; prints the archive of each. IMAGE is one of, and if none is named it is all,
#   pause      what holds the namespaces of every pod
#   muster     muster:dev, with muster-operator, muster-sidecar and muster-redirect if FOLDER has them; FOLDER is build/default if not named
#   postgres   postgres:dev, one instance of a pair that replicates (images/postgres/entry.sh)
#   app        app:dev, the shop of dr-drills/systems/shared
#   gate       gate:dev, which parts the pods of a node from the rest (images/gate/gate.sh)
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
  set -- pause postgres app gate
  if [ -n "$(find "$binaries" -maxdepth 2 -type f -name muster -perm -u+x 2>/dev/null)" ]; then
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

# What an image is made of: how it is made, files, and the packages of this machine.
key_of() {
  { cat "$here/images.sh" "$here/rootfs.py" "$@" && dpkg-query -W; } | sha256sum | cut -c1-16
}

# image NAME FILE...: the archive of make_NAME, which is made of those files.
image() {
  local name=$1 archive container
  shift
  archive=$cache/$name-$(key_of "$@").tar
  if [ ! -e "$archive" ]; then
    config=()
    compression=()
    "make_$name"
    container=$(builder from scratch)
    builder add -q "$container" "$work/$name.tar" / >/dev/null
    builder config "${config[@]}" "$container"
    builder commit -q --timestamp 0 "$container" "$name:dev" >/dev/null
    # Written beside and renamed: what was interrupted leaves no image.
    builder push -q "${compression[@]}" "$name:dev" "oci-archive:$archive.part:docker.io/library/$name:dev"
    mv "$archive.part" "$archive"
    builder rm "$container" >/dev/null
    # Older ones are of no use to anybody soon.
    find "$cache" -name "$name-*.tar" ! -path "$archive" -mtime +7 -delete
    printf '%s:dev %s MB compressed\n' "$name" "$(du -k "$archive" | awk '{ printf "%.1f", $1 / 1024 }')" >&2
  fi
  echo "$archive"
}

files() {
  "$here/rootfs.py" "$work/$1.tar" "${@:2}"
}

make_pause() {
  clang-19 -Os -static -s -o "$work/pause" "$here/images/pause/pause.c"
  tar -C "$work" --numeric-owner --owner=0 --group=0 --mtime=@0 -cf "$work/pause.tar" pause
  rm "$work/pause"
  config=(--entrypoint '["/pause"]' --user 65534:65534)
}

make_muster() {
  local path program programs=() libraries
  libraries=$("$here/libpq.sh")
  for path in $(programs_of_muster); do
    program=${path##*/}
    strip --strip-unneeded -o "$work/$program" "$path"
    programs+=(--file "$work/$program=/usr/bin/$program")
  done
  # Links that lead nowhere here, and in the image to muster (docs/adr/0014).
  mkdir -p "$work/links"
  for program in kubectl-muster kubectl_complete-muster; do
    ln -sf muster "$work/links/$program"
    programs+=(--file "$work/links/$program=/usr/bin/$program")
  done
  files muster "${programs[@]}" --libraries "$libraries" --package tzdata --file /etc/ssl/certs/ca-certificates.crt --user muster:65532 \
    --folder /var/lib/muster:65532:0700
  config=(--entrypoint '["/usr/bin/muster"]' --user 65532:65532 --workingdir /var/lib/muster
    --env HOME=/var/lib/muster --env PATH=/usr/bin)
  # Every node pulls it: a fifth less than gzip, and quicker to unpack (OCI image specification 1.1).
  compression=(--compression-format zstd --compression-level 19)
}

programs_of_muster() {
  find "$binaries" -maxdepth 2 -type f \( -name muster -o -name muster-operator -o -name muster-sidecar -o -name muster-redirect \) -perm -u+x 2>/dev/null | sort
}

make_postgres() {
  local bin=/usr/lib/postgresql/15/bin options=() program
  for program in postgres initdb pg_ctl pg_basebackup pg_rewind pg_isready pg_controldata psql; do
    options+=(--file "$bin/$program")
  done
  for program in cat chmod chown env flock id mkdir mv rm sleep touch; do options+=(--file "/usr/bin/$program"); done
  # Just-in-time compilation is four fifths of PostgreSQL's files, and these queries are short.
  for program in /usr/lib/postgresql/15/lib/*.so; do
    case $program in */llvmjit*) ;; *) options+=(--file "$program") ;; esac
  done
  files postgres "${options[@]}" --file /usr/bin/dash=/usr/bin/sh --file /usr/share/postgresql/15 --package tzdata \
    --file "$entry=/entry.sh" --file "$schema=/schema.sql" --folder /data:999:0700 --user postgres:999
  config=(--entrypoint '["/bin/sh", "/entry.sh"]' --user 999:999 --stop-signal SIGINT --port 5432
    --env "PATH=$bin:/usr/bin" --env TZ=UTC --env PGDATA=/data/instance --volume /data)
}

make_app() {
  local package options=()
  for package in python3.11-minimal libpython3.11-minimal libpython3.11-stdlib python3-psycopg2 python3-redis \
    python3-async-timeout python3-packaging python3-deprecated python3-wrapt; do
    options+=(--package "$package")
  done
  files app "${options[@]}" --file "$shop=/shop.py" --user app:65532
  config=(--entrypoint '["/usr/bin/python3.11", "/shop.py"]' --user 65532:65532 --port 8080 --env PATH=/usr/bin
    --env PYTHONDONTWRITEBYTECODE=1)
}

make_gate() {
  files gate --file /usr/sbin/nft --file /usr/bin/dash=/usr/bin/sh --file /usr/bin/sleep --file "$gate=/gate.sh" --user gate:65532
  config=(--entrypoint '["/bin/sh", "/gate.sh"]' --env PATH=/usr/sbin:/usr/bin)
}

entry=$here/images/postgres/entry.sh
gate=$here/images/gate/gate.sh
schema=$root/dr-drills/systems/shared/schema.sql
shop=$root/dr-drills/systems/shared/shop.py
for one in "$@"; do
  case $one in
    pause) image pause "$here/images/pause/pause.c" ;;
    postgres) image postgres "$entry" "$schema" ;;
    app) image app "$shop" ;;
    gate) image gate "$gate" ;;
    muster)
      mapfile -t built < <(programs_of_muster)
      [ ${#built[@]} -gt 0 ] || { echo "error: no muster in $binaries: make build, or --binaries" >&2; exit 1; }
      image muster "$here/libpq.sh" "${built[@]}"
      ;;
    *) echo "error: no image '$one': pause, muster, postgres, app or gate" >&2; exit 2 ;;
  esac
done
