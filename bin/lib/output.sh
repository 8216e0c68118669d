# Output as Heroku's build log has it: steps, details under them, and warnings
# to stderr. Sourced by bash.

step() { printf -- '-----> %s\n' "$*"; }

detail() { printf '       %s\n' "$*"; }

# warn LINE...
warn() { printf ' !     %s\n' "$@" >&2; }

# die LINE... ends the build.
die() {
	warn "$@"
	exit 1
}

# The files that go away however the build ends. Only SIGKILL leaves them, and
# then the next build takes them away.
scratch=()
trap '[ ${#scratch[@]} = 0 ] || rm -rf -- "${scratch[@]}"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
