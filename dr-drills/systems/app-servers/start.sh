#!/usr/bin/env bash
# Starts the database and fills it once, Redis, app1 and app2, their sidecars, then the proxy. Ready means: users get
# answers from both, out of the database and the session store.
. "$(dirname "$0")/shop.sh"

"$home/db.sh" start
[ -n "$(sql db "select 1 from pg_database where datname = 'app'")" ] || fill
"$home/redis.sh" start
"$home/app.sh" start app1
"$home/app.sh" start app2
for each in $sidecars; do "$home/sidecar.sh" start "$each"; done
"$home/proxy.sh" start
needs="redis app1 app2 $sidecars"
until_true 30 "the system to be whole" "$home/check.sh" 2>/dev/null
