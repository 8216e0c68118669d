# Warnings about the app that is being built. Sourced by bash; needs buildpack_dir.

# warn_of_unguarded APP_DIR says where the app migrates without migguard, and what
# is wrong with its release command. A build is none the worse for it: whatever
# becomes of it, the status is 0.
warn_of_unguarded() {
	local lib=$buildpack_dir/bin/lib
	(
		cd "$1" && LC_ALL=C awk -f "$lib/json.awk" -f "$lib/commands.awk" -f "$lib/words.awk" \
			-f "$lib/warnings.awk"
	) </dev/null >&2 || :
}
