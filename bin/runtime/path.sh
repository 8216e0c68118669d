# Written by the migguard buildpack. Bash sources it at the start of every dyno;
# it prints nothing, leaves no variable, and cannot fail.

case ":${PATH:-}:" in
*":${HOME:-/app}/.migguard/bin:"*) ;;
*) export PATH="${HOME:-/app}/.migguard/bin${PATH:+:$PATH}" ;;
esac

