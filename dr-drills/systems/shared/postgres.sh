# What the PostgreSQL systems share. Sourced by a system's own library, which says with data_of where
# the data of a node lie, and with $nodes which there are, if not `a` and `b`; never run. Everything it
# touches lies under $MUSTER_DIR. A process of a node is known by its working directory, which is the
# node's data directory, so that no recycled process id is ever signalled.
. "$(dirname "${BASH_SOURCE[0]}")/system.sh"

nodes=${nodes:-a b}
pg_bin=${MUSTER_PARAM_PGBIN:-/usr/lib/postgresql/15/bin}
synchronous=${MUSTER_PARAM_SYNCHRONOUS:-off}
orders=${MUSTER_PARAM_ORDERS:-40000}
shared=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# For setup: what the plan asks for makes sense, and the machine lets it happen.
check_setup() {
  [ "$synchronous" = on ] || [ "$synchronous" = off ] ||
    die "parameter synchronous is '$synchronous': on or off"
  case $orders in '' | *[!0-9]*) die "parameter orders is '$orders': a whole number" ;; esac
  local node
  for node in $nodes; do
    node_gone "$node" || die "node $node of this system is running: stop it first"
  done
  [ "$(id -u)" -eq 0 ] || return 0
  id "$owner" >/dev/null 2>&1 ||
    die "PostgreSQL does not run as root, and there is no user $owner: apt-get install postgresql-15"
  as_owner test -x "$MUSTER_DIR" ||
    die "user $owner cannot enter $MUSTER_DIR: every folder above it needs the execute permission"
}

# port_of PREFIX NODE: port_of '' a is $MUSTER_PORT_A, port_of FROM a is $MUSTER_PORT_FROM_A.
port_of() {
  local name=MUSTER_PORT_${1:+$1_}${2^^}
  case " $nodes " in *" $2 "*) echo "${!name:?}" ;; *) die "no node named '$2': $nodes" ;; esac
}

# conf_basics NODE: what the configuration of every node has in common.
conf_basics() {
  cat <<CONF
hba_file = '$MUSTER_DIR/conf/hba.conf'
ident_file = '$MUSTER_DIR/conf/ident.conf'
cluster_name = '$1'
listen_addresses = '127.0.0.1'
port = $(port_of '' "$1")
unix_socket_directories = '$MUSTER_DIR/run/$1'
max_connections = 300
shared_buffers = 32MB
max_wal_size = 512MB
dynamic_shared_memory_type = mmap
fsync = on
logging_collector = off
log_line_prefix = '%m [%p] $1 '
CONF
}

# new_cluster NODE [OPTION...]: an empty cluster of which `postgres` is the superuser.
new_cluster() {
  local node=$1
  shift
  as_owner "$pg_bin/initdb" -D "$(data_of "$node")" -U postgres -A trust -E UTF8 --locale=C --no-sync \
    "$@" >"$MUSTER_DIR/log/initdb.log" 2>&1 ||
    die "initdb failed: $(tail -n 3 "$MUSTER_DIR/log/initdb.log")"
}

# sql NODE STATEMENT: as superuser over the node's private socket.
sql() {
  PGCONNECT_TIMEOUT=3 as_owner "$pg_bin/psql" -X -q -A -t -v ON_ERROR_STOP=1 -U postgres \
    -d postgres -h "$MUSTER_DIR/run/$1" -p "$(port_of '' "$1")" -c "$2"
}

# primary | standby | down
role_of() {
  case $(sql "$1" 'select pg_is_in_recovery()' 2>/dev/null) in
    f) echo primary ;;
    t) echo standby ;;
    *) echo down ;;
  esac
}

# fill [PSQL OPTION...]: the application's data, on the first node. The standby does not exist yet:
# there is nothing to wait for.
fill() {
  local node=${nodes%% *}
  PGOPTIONS='-c synchronous_commit=local' as_owner "$pg_bin/psql" -X -q -v ON_ERROR_STOP=1 \
    -v orders="$orders" -U postgres -d postgres -h "$MUSTER_DIR/run/$node" -p "$(port_of '' "$node")" \
    "$@" -f - <"$shared/schema.sql"
}

# launch_node NODE [OPTION...]
launch_node() {
  local node=$1
  shift
  as_owner "$pg_bin/pg_ctl" start -D "$(data_of "$node")" -w -t 50 -l "$MUSTER_DIR/log/$node.log" \
    -o "-c config_file=$MUSTER_DIR/conf/$node.conf $*" >/dev/null </dev/null 2>&1 ||
    die "node $node does not start: $(last_words "$MUSTER_DIR/log/$node.log")"
}

# node_answers NODE SOCKET_DIRECTORY
node_answers() {
  as_owner "$pg_bin/pg_isready" -q -h "$2" -p "$(port_of '' "$1")"
}

# halt_node NODE [fast | immediate]: whatever state it is in, suspended or without its postmaster.
halt_node() {
  if ! node_gone "$1"; then
    signal_node "$1" CONT
    as_owner "$pg_bin/pg_ctl" stop -D "$(data_of "$1")" -m "${2:-fast}" -w -t 15 >/dev/null 2>&1 ||
      as_owner "$pg_bin/pg_ctl" stop -D "$(data_of "$1")" -m immediate -w -t 5 >/dev/null 2>&1 || true
    kill_node "$1" 5
  fi
  drop_locks "$1"
}

# node_pids NODE: its PostgreSQL processes, living ones only. One look at all of them: asking for each
# takes seconds on a busy machine, in the middle of an outage. A process that ends meanwhile is none.
node_pids() {
  local pid
  for pid in $(find /proc/[0-9]*/cwd -maxdepth 0 -printf '%h %l\n' 2>/dev/null |
    data=$(data_of "$1") awk 'substr($0, length($1) + 2) == ENVIRON["data"] { print substr($1, 7) }'); do
    [ "$(state_letter "$pid")" = Z ] || echo "$pid"
  done
}

node_gone() {
  [ -z "$(node_pids "$1")" ]
}

# signal_node NODE SIGNAL: every PostgreSQL process of it; one that is gone by now is no failure.
signal_node() {
  local pid
  for pid in $(node_pids "$1"); do
    kill "-$2" "$pid" 2>/dev/null || true
  done
}

# kill_node NODE SECONDS: until nothing of it is left. Children outlive a postmaster that was killed
# alone until they notice.
kill_node() {
  local deadline=$((SECONDS + $2))
  until node_gone "$1"; do
    [ $SECONDS -lt $deadline ] || die "node $1 does not stop: $(node_pids "$1" | tr '\n' ' ')"
    signal_node "$1" KILL
    sleep 0.05
  done
}

# drop_locks NODE: for when all of it is proven gone. A killed postmaster leaves its System V
# segment behind, whose id is on line 7 of the pid file; and a zombie that nobody has reaped yet
# would keep the locks valid in PostgreSQL's eyes, so that the node could not start again.
drop_locks() {
  local id lock
  lock=$(data_of "$1")/postmaster.pid
  id=$(sed -n '7s/^ *[0-9-]* *\([0-9][0-9]*\) *$/\1/p' "$lock" 2>/dev/null) || true
  [ -z "$id" ] || as_owner ipcrm -m "$id" 2>/dev/null || true
  rm -f "$lock" "$MUSTER_DIR/run/$1/.s.PGSQL."*
}
