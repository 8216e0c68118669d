# What the app's code needs of the database's schema. Sourced by bash; needs
# output.sh.

# scan_seconds bounds the reading of an app's source.
scan_seconds=60

# write_contract PROGRAM APP_DIR FILE has the program read the app's source. A build
# is none the worse without: the file is not there then, and the next release takes
# all that is in the database for used.
write_contract() {
	local problem
	if problem=$(timeout "$scan_seconds" "$1" scan --format json "$2" 2>&1 >"$3" </dev/null) && [ -s "$3" ]; then
		detail "Read what the code needs of the database (migguard scan shows it)"
		return
	fi
	rm -f "$3"
	warn "The app's source could not be read, so migguard does not know what this build" \
		"needs of the database: the next release takes all that is there for used." \
		"${problem:-migguard scan took longer than $scan_seconds s, or said nothing.}"
}
