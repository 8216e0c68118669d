# What the build is told: the machine, config vars, and the buildpack's own
# buildpack.toml. Sourced by bash; needs buildpack_dir, and env_dir for config.

# machine_arch prints amd64 or arm64; status 1 for any other machine.
# CNB_TARGET_ARCH is that of the image, which may be built on another machine.
machine_arch() {
	case ${CNB_TARGET_ARCH:-$(uname -m)} in
	x86_64 | amd64) echo amd64 ;;
	aarch64 | arm64) echo arm64 ;;
	*) return 1 ;;
	esac
}

# config_var NAME prints a config var of the app. Both generations hand them
# over as files, and do not put them into the environment.
config_var() {
	if [ -n "$env_dir" ] && [ -f "$env_dir/$1" ]; then
		cat "$env_dir/$1"
	fi
}

# toml_string TABLE KEY prints a string of buildpack.toml: one in double quotes
# on the line of its key.
toml_string() {
	awk -v table="[$1]" -v key="$2" '
		/^[ \t]*\[/ { inside = ($1 == table) }
		inside && $1 == key && match($0, /"[^"]*"/) {
			print substr($0, RSTART + 1, RLENGTH - 2)
			exit
		}
	' "$buildpack_dir/buildpack.toml"
}

# no_program says why a machine cannot be served.
no_program() {
	warn "migguard has no program for ${CNB_TARGET_ARCH:-$(uname -m)}: there is one for amd64 and one for arm64."
}
