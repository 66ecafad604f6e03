#!/bin/sh
# One PostgreSQL instance of a pair that replicates. What it becomes is decided here, at its start:
#   its peer is a primary      a standby of it: what it wrote and the peer never got is taken away by pg_rewind,
#                              or, where that cannot be done, by a fresh copy
#   no primary, data here      what the data say: the primary it was, or a standby that waits for one
#   no primary, no data        a new primary, if START_AS is `primary` and the peer has no data either;
#                              else it waits for a primary
# Promotion is not its business: whoever drills asks for it. Nor does it look at its peer once it runs: an old
# primary that was cut off joins the new one at its next start.
#
#   NAME  PEER        the instance, and the host name of the other; an instance is known by its NAME
#   START_AS          primary or standby: the first time
#   USER_NAME  USER_PASSWORD  REPLICATION_PASSWORD
#   ORDERS            rows of the shop (default 40000)
set -eu

: "${NAME:?}" "${PEER:?}" "${START_AS:?}" "${USER_NAME:?}" "${USER_PASSWORD:?}" "${REPLICATION_PASSWORD:?}" "${PGDATA:?}"
replicator="host=$PEER port=5432 user=replicator connect_timeout=3"
rewinding=$PGDATA.rewinding

say() {
  echo "$NAME: $*" >&2
}

# For whatever connects to the peer, this script as well as a standby's receiver.
export PGPASSWORD="$REPLICATION_PASSWORD"

ask_peer() {
  psql "$replicator dbname=postgres" -X -q -A -t -v ON_ERROR_STOP=1 -v name="$NAME"
}

# primary | standby | down
peer_is() {
  case $(echo 'select pg_is_in_recovery()' | ask_peer 2>/dev/null) in
    f) echo primary ;;
    t) echo standby ;;
    *) echo down ;;
  esac
}

has_data() {
  [ -s "$PGDATA/PG_VERSION" ]
}

# What is the same whatever it becomes (sessions of a client whose node is lost end within half a minute, not
# after two hours); includes nothing that a copy of the peer would bring along.
configure() {
  cat >"$PGDATA/postgresql.auto.conf" <<CONF
listen_addresses = '*'
unix_socket_directories = '/tmp'
hba_file = '$PGDATA/pg_hba.conf'
cluster_name = '$NAME'
max_connections = 300
tcp_keepalives_idle = 10
tcp_keepalives_interval = 5
tcp_keepalives_count = 3
shared_buffers = 32MB
max_wal_size = 512MB
dynamic_shared_memory_type = mmap
wal_log_hints = on
wal_keep_size = 256MB
max_slot_wal_keep_size = 1GB
hot_standby = on
hot_standby_feedback = on
wal_receiver_timeout = 5s
wal_retrieve_retry_interval = 1s
wal_sender_timeout = 5s
primary_conninfo = '$replicator application_name=$NAME'
primary_slot_name = '$NAME'
log_line_prefix = '%m [%p] $NAME '
CONF
  cat >"$PGDATA/pg_hba.conf" <<'CONF'
local all,replication postgres trust
host all,replication replicator all scram-sha-256
host all all all scram-sha-256
CONF
}

# The application's data, and the roles: written while nobody else can reach it.
make_primary() {
  say 'a new primary'
  rm -rf "$PGDATA" "$rewinding"
  initdb -D "$PGDATA.new" -U postgres -A trust -E UTF8 --locale=C --no-sync >/tmp/initdb.log 2>&1 || {
    cat /tmp/initdb.log >&2
    exit 1
  }
  pg_ctl start -s -w -D "$PGDATA.new" -o "-c listen_addresses='' -c unix_socket_directories=/tmp" -l /tmp/first.log
  psql -X -q -v ON_ERROR_STOP=1 -v orders="${ORDERS:-40000}" -h /tmp -U postgres -d postgres -f /schema.sql
  psql -X -q -v ON_ERROR_STOP=1 -h /tmp -U postgres -d postgres <<'SQL'
\getenv user USER_NAME
\getenv password USER_PASSWORD
\getenv replication REPLICATION_PASSWORD
select 'alter role muster rename to ' || quote_ident(:'user') where :'user' <> 'muster' \gexec
alter role :"user" password :'password';
create role replicator login replication password :'replication';
grant pg_checkpoint to replicator;
grant execute on function pg_ls_dir(text, boolean, boolean), pg_stat_file(text, boolean), pg_read_binary_file(text),
  pg_read_binary_file(text, bigint, bigint, boolean) to replicator;
SQL
  pg_ctl stop -s -w -m fast -D "$PGDATA.new"
  mv "$PGDATA.new" "$PGDATA"
}

# The place in the peer's log from which it is sent on.
reserve_slot() {
  ask_peer <<'SQL'
select pg_create_physical_replication_slot(:'name', true)
  where not exists (select from pg_replication_slots where slot_name = :'name');
SQL
}

copy_afresh() {
  say "copies $PEER"
  rm -rf "$PGDATA" "$PGDATA.new"
  pg_basebackup -d "$replicator" -D "$PGDATA.new" -X stream -S "$NAME" -c fast --no-sync --no-manifest
  mv "$PGDATA.new" "$PGDATA"
  rm -f "$rewinding"
}

# Data that a rewind has left half-way cannot be trusted, even if another finds nothing to do. The peer's
# checkpoint tells pg_rewind of a promotion.
rewind() {
  [ ! -e "$rewinding" ] || return 1
  echo checkpoint | ask_peer || return 1
  touch "$rewinding"
  pg_rewind -D "$PGDATA" --no-sync --source-server="$replicator dbname=postgres" >&2 || return 1
  rm -f "$rewinding"
}

join() {
  say "joins $PEER"
  reserve_slot >/dev/null
  rm -f "$PGDATA/postmaster.pid"
  if has_data && [ ! -e "$PGDATA/standby.signal" ]; then
    rewind || copy_afresh
  elif ! has_data || [ -e "$rewinding" ]; then
    copy_afresh
  fi
  touch "$PGDATA/standby.signal"
}

become() {
  while :; do
    case $(peer_is) in
      primary)
        join
        return
        ;;
      standby) peer_has_data=yes ;;
      *) peer_has_data=no ;;
    esac
    if has_data && [ ! -e "$rewinding" ]; then
      say "no primary at $PEER: starts with the data it has"
      return
    fi
    # An empty instance makes no second cluster while its peer has the first.
    if [ "$START_AS" = primary ] && [ "$peer_has_data" = no ] && ! has_data; then
      make_primary
      return
    fi
    sleep 0.5
  done
}

# A pod that was deleted by force may still run beside the one that replaces it, on the same data. The lock ends
# with the last process of an instance.
exec 9>"$PGDATA.lock"
flock 9
become
configure
# A container that was killed leaves its lock, and its numbers of processes start anew.
rm -f "$PGDATA/postmaster.pid"
exec postgres -D "$PGDATA"
