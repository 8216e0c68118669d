# The build's identity: what .migguard/build.json says. Sourced by bash; needs
# platform.sh.

# plain keeps of stdin what needs no quoting anywhere.
plain() { LC_ALL=C tr -cd '0-9A-Za-z._+-' | cut -c "1-${1:-64}"; }

# program_version FILE prints v1.2.3 of "migguard v1.2.3".
program_version() { "$1" version | sed 's/^migguard //' | plain; }

# build_json VERSION prints the identity of the build that is being made. Its id
# is another at every build, also of the same commit: two builds of one commit
# may differ in their buildpacks and dependencies.
build_json() {
	local commit id now random
	commit=$(printf %s "${SOURCE_VERSION:-$(config_var SOURCE_VERSION)}" | plain)
	id=$(printf %s "$commit" | plain 12)
	now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
	random=$(od -An -N3 -tx1 /dev/urandom | tr -d ' \n')
	printf '{"build": "%s", "commit": "%s", "version": "%s", "built_at": "%s"}\n' \
		"${id:-unknown}-$(printf %s "$now" | tr -d ':-')-$random" "$commit" "$1" "$now"
}
