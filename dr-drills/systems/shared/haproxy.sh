# HAProxy as the service address of a system that the plan routes by hand. Sourced after the system's
# own library, never run. The system's setup writes proxy/haproxy.cfg.in, with @A@ where `disabled` may
# stand behind the server `a`: HAProxy starts leading to those of $proxy_servers to which, as
# proxy_leads_to says, users belong then; later changes come over its admin socket.
proxy_servers=${proxy_servers:-a b}
proxy_pid_file=$MUSTER_DIR/proxy/haproxy.pid
proxy_config=$MUSTER_DIR/proxy/haproxy.cfg

# The recorded process, if it is alive and runs our configuration.
proxy_runs() {
  local pid
  pid=$(cat "$proxy_pid_file" 2>/dev/null) && [ -n "$pid" ] &&
    [ "$(state_letter "$pid")" != Z ] &&
    tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qxF "$proxy_config"
}

proxy_gone() {
  ! proxy_runs
}

# proxy_leads_to SERVER: a system may say otherwise.
declare -F proxy_leads_to >/dev/null || proxy_leads_to() {
  [ "$(role_of "$1")" = primary ]
}

# proxy_basics SOCKET MODE: how every configuration begins. It ends within `defaults`. An operation that
# fails is never tried again: whoever measures must see it.
proxy_basics() {
  cat <<CONF
global
  stats socket $1 mode 600 level admin
  stats timeout 1m
  maxconn 2000
defaults
  mode $2
  retries 0
  timeout connect 2s
  timeout client 1h
  timeout server 1h
  timeout check 1s
CONF
}

proxy_start() {
  proxy_runs && return
  local server state states=()
  for server in $proxy_servers; do
    state=disabled
    ! proxy_leads_to "$server" || state=
    states+=(-e "s/@${server^^}@/$state/")
  done
  sed "${states[@]}" "$proxy_config.in" | as_owner tee "$proxy_config" >/dev/null
  rm -f "$proxy_pid_file"
  as_owner haproxy -D -p "$proxy_pid_file" -f "$proxy_config" \
    >"$MUSTER_DIR/log/proxy.log" 2>&1 </dev/null ||
    die "HAProxy does not start: $(last_words "$MUSTER_DIR/log/proxy.log")"
  until_true 5 "HAProxy to open its admin socket" test -S "$MUSTER_DIR/proxy/admin.sock"
}

proxy_stop() {
  local pid
  if proxy_runs; then
    pid=$(cat "$proxy_pid_file")
    kill -CONT "$pid" 2>/dev/null || true
    kill -TERM "$pid" 2>/dev/null || true
    for _ in $(seq 60); do
      proxy_runs || break
      sleep 0.05
    done
    proxy_gone || kill -KILL "$pid" 2>/dev/null || true
    until_true 5 "HAProxy to end" proxy_gone
  fi
  rm -f "$proxy_pid_file" "$MUSTER_DIR/proxy/admin.sock"
}
