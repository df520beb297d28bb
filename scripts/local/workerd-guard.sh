#!/bin/sh
# workerd outlives the SIGKILL of the process that started it, and keeps the port. This becomes workerd (the same
# process id, so Miniflare's own signals reach it) and leaves a watcher that ends it when its starter is gone.
starter=$PPID
self=$$

# Where there is /proc it is asked for the parent: a killed starter that nobody reaps still answers `kill -0`.
starter_lives() {
  if [ -r "/proc/$self/stat" ]; then
    read -r _ _ _ parent _ <"/proc/$self/stat" && [ "$parent" = "$starter" ]
  else
    kill -0 "$starter"
  fi
}

(
  while sleep 1 && kill -0 "$self"; do
    starter_lives || exec kill -9 "$self"
  done
) </dev/null >/dev/null 2>&1 3>&- &
exec "$BRINK_WORKERD" "$@"
