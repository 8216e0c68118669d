#!/bin/sh
# Starts "migguard settle", which ends what the release began (maintenance mode,
# workers at 0) once the new dynos are up. The boot does not wait for it: it runs
# in a session of its own, away from the signals of the dyno's own process, and
# holds nothing open but the log (3 is how exec.d programs answer).
#
# Not in the release dyno, whose release is not out yet, nor in "heroku run";
# nor where DYNO is not set, which is no dyno.
(
	case ${DYNO:-} in
	*.*) type=${DYNO%%.*} ;;     # Cedar: web.1
	*-*-*) type=${DYNO%-*-*} ;;  # Fir: web-12a34b56d-e78f9
	*) type=run ;;
	esac
	case $type in
	release | run) exit 0 ;;
	esac
	command -v setsid >/dev/null 2>&1 || setsid() { "$@"; }
	setsid migguard settle --background </dev/null >/dev/null 3>&- &
) || :
