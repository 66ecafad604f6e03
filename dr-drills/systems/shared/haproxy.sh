# HAProxy as the service address of a system whose nodes `a` and `b` the plan routes by hand. Sourced
# after the system's own library, never run. The system's setup writes proxy/haproxy.cfg.in, with @A@
# and @B@ where `disabled` may stand behind the servers of these names: HAProxy starts leading to
# whichever node is the primary then; later changes come over its admin socket.
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

proxy_start() {
  proxy_runs && return
  local state_a=disabled state_b=disabled
  [ "$(role_of a)" != primary ] || state_a=
  [ "$(role_of b)" != primary ] || state_b=
  sed -e "s/@A@/$state_a/" -e "s/@B@/$state_b/" "$proxy_config.in" |
    as_owner tee "$proxy_config" >/dev/null
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
