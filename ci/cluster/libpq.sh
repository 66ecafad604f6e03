#!/usr/bin/env bash
# libpq.sh: builds PostgreSQL's client library of the installed version from Debian's sources, once, without Kerberos and
# LDAP, and prints the folder that holds it. Debian's brings both with all that they need (GnuTLS, p11-kit, SASL ...): a
# quarter of the operator's image, which a drill has no use for, since it asks with a password or a certificate.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
version=$(dpkg-query -W -f='${source:Version}' libpq5)
package=$(dpkg-query -W -f='${source:Package}' libpq5)
place=${XDG_CACHE_HOME:-$HOME/.cache}/muster/libpq/$version-$(sha256sum "$here/libpq.sh" | cut -c1-8)
if [ ! -e "$place/libpq.so.5" ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  # The machine's own package sources, read for sources; apt checks their signatures.
  mkdir -p "$work/parts" "$work/lists/partial" "$work/cache/archives/partial" "$work/source"
  touch "$work/list"
  [ ! -e /etc/apt/sources.list ] || sed 's/^deb /deb-src /' /etc/apt/sources.list >"$work/list"
  for file in /etc/apt/sources.list.d/*; do
    [ ! -f "$file" ] || sed 's/^deb /deb-src /; s/^Types:.*/Types: deb-src/' "$file" >"$work/parts/${file##*/}"
  done
  apt() {
    apt-get -q -o Dir::Etc::SourceList="$work/list" -o Dir::Etc::SourceParts="$work/parts" -o Dir::State::Lists="$work/lists" \
      -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root "$@" >&2
  }
  apt update
  (cd "$work/source" && apt source --download-only "$package=$version")
  tar -C "$work" -xf "$work"/source/*.orig.tar.bz2
  cd "$work"/postgresql-*/
  ./configure -q CC=clang-19 CFLAGS=-O2 --with-ssl=openssl --without-readline --without-zlib --without-icu >&2
  make -s -j "$(nproc)" -C src/interfaces/libpq >&2
  mkdir -p "$place"
  strip --strip-unneeded -o "$work/libpq.so.5" src/interfaces/libpq/libpq.so.5
  mv "$work/libpq.so.5" "$place/"  # beside its name only when it is whole
fi
echo "$place"
