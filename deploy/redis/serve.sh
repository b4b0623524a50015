#!/bin/sh
# redis-server with these arguments, ahead of its own child: the one that writes the append-only file anew takes a core for
# seconds, and everything that waits for Redis would wait for it. Without the right to a higher priority it is served as any other.
ahead="nice -n -10 chrt --reset-on-fork --other 0"
[ "$(nice -n -10 nice 2>/dev/null)" = -10 ] || ahead=
exec $ahead redis-server "$@"
