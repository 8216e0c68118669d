# Runs a server for a process that may be killed at any instant, and takes
# it away when that process is gone. Arguments: the cluster's folder, its
# log, the server's command line.
#
# The process holds the other end of a pipe, our descriptor 3. It writes a
# line when the folder is filled; the kernel closes the pipe when the
# process ends, after a panic or kill -9 too.
trap '' HUP INT TERM PIPE
dir=$1 log=$2
shift 2

if ! read -r _ <&3; then
	rm -rf -- "$dir"
	exit
fi
"$@" >>"$log" 2>&1 </dev/null 3<&- &
server=$!
echo "$server"

# SIGQUIT is PostgreSQL's immediate shutdown: no checkpoint, and what does
# not end within five seconds is killed. It is sent more than once because
# one that arrives before the server has a handler is lost. We are the
# server's parent: its pid is nobody else's until we waited.
(
	read -r _
	until [ -e "$dir/ended" ]; do
		kill -QUIT "$server"
		sleep 0.05
	done
) <&3 >/dev/null 2>&1 &

wait "$server"
: >"$dir/ended"
echo ended

# The process may want to read the log: wait until it lets go.
wait
rm -rf -- "$dir"
