# What the scripts of this system share, on top of what all PostgreSQL systems do. Sourced, never run.
# Data directories: $MUSTER_DIR/NODE of a cluster that is or may be in use, $MUSTER_DIR/wreck/NODE of
# one that was destroyed. Base backups: backups/TIME, WAL: archive/, both on no node's disk.
. "$(dirname "${BASH_SOURCE[0]}")/../shared/postgres.sh"

: "${MUSTER_PORT_A:?}" "${MUSTER_PORT_B:?}" "${MUSTER_PORT_PROXY:?}"
home=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
archive=$MUSTER_DIR/archive
backups=$MUSTER_DIR/backups
archive_timeout=${MUSTER_PARAM_ARCHIVETIMEOUTSECONDS:-10}
seconds_back=${MUSTER_PARAM_RECOVERSECONDSBACK:-0}

# Where a node's data are looked for: empty, or wreck/.
place=

data_of() {
  echo "$MUSTER_DIR/$place$1"
}

spare_of() {
  case $1 in
    a) echo b ;;
    b) echo a ;;
    *) die "no node named '$1': a or b" ;;
  esac
}

# The newest base backup; backups are named by their time, and have this name only when they are whole.
newest_backup() {
  find "$backups" -mindepth 1 -maxdepth 1 -name '2*Z' | sort | tail -n 1
}

# backup_says BACKUP WORDS: what its label says behind these words.
backup_says() {
  sed -n "s/^$2: *//p" "$1/backup_label"
}

# first_segment BACKUP: the first WAL segment that a restore of it needs.
first_segment() {
  backup_says "$1" 'START WAL LOCATION' | sed 's/.*(file \([0-9A-F]*\))/\1/'
}

# number_of SEGMENT: its place in the row of segments of a timeline; 4096 of 1 MB to each log.
number_of() {
  echo $((16#${1:8:8} * 4096 + 16#${1:16:8}))
}

# archived_since SEGMENT: it and what came after it in the archive, on its timeline, oldest first.
archived_since() {
  find "$archive" -maxdepth 1 -regextype posix-extended -regex ".*/${1:0:8}[0-9A-F]{16}" -printf '%f\n' |
    awk -v first="$1" '($0 "") >= (first "")' | sort
}

# Whether a restore is possible: a whole base backup, and every segment since in the archive, without
# a gap. Says what is missing.
restorable() {
  local backup first segments last there
  backup=$(newest_backup)
  [ -n "$backup" ] || { echo "there is no base backup" && return 1; }
  [ -s "$backup/backup_manifest" ] || { echo "$backup has no manifest" && return 1; }
  first=$(first_segment "$backup")
  segments=$(archived_since "$first")  # looked at once: the server goes on archiving meanwhile
  [ -n "$segments" ] || { echo "no segment since $first is archived" && return 1; }
  last=$(tail -n 1 <<<"$segments")
  there=$(wc -l <<<"$segments")
  [ "$there" -eq $(($(number_of "$last") - $(number_of "$first") + 1)) ] ||
    { echo "the archive has $there segments from $first to $last" && return 1; }
}
