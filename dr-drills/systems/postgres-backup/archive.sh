#!/bin/sh
# archive.sh FROM TO: PostgreSQL's archive_command. A segment is in the archive whole or not at all,
# also when the server is killed half-way; one that is there already is never changed, but the same
# once more is no failure: a server that was killed does not know what it has archived.
set -eu
if [ -e "$2" ]; then
  cmp -s "$1" "$2" && exit 0
  echo "archive.sh: $2 is there, with other content" >&2
  exit 1
fi
cp "$1" "$2.part"
sync "$2.part"
mv "$2.part" "$2"
