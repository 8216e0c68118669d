# Warns of migrations that migguard will not see, and of a release command that
# loses data or hides that it failed. Runs in the app's folder, with json.awk,
# commands.awk and words.awk; prints to stdout, in Heroku's format.
BEGIN {
	boot = "when a dyno boots, beside all others that do"
	parse_json(read_file("package.json"), package)
	parse_json(read_file("app.json"), app)
	check_scripts()
	check_elsewhere("app.json: postdeploy", app[".scripts.postdeploy"] app[".scripts.postdeploy.command"],
		"after the release phase, once per new app")
	if (is_script("bin/start"))
		check_elsewhere("bin/start", read_file("bin/start"), boot)
	check_procfile()
}

function warn(line) { print " !     " line }

function shown(command) { return substr(one_line(command), 1, 160) }

function read_file(name,    line, text) {
	if (!is_file(name))
		return ""
	while ((getline line <name) > 0 && length(text) < 200000)
		text = text line "\n"
	close(name)
	gsub(/\r/, "", text)
	return text
}

# is_file asks the shell, because awks differ in what they do with a folder.
function is_file(name) {
	if (name !~ /^[[:alnum:]_.][[:alnum:]_.\/-]*$/ || name ~ /\.\./)
		return 0
	return system("test -f ./" name) == 0
}

# is_script: the app has this shell script.
function is_script(name,    line) {
	if (!is_file(name))
		return 0
	getline line <name
	close(name)
	return name ~ /\.sh$/ || line ~ /^#!.*[\/ ](ba|da|k|z)?sh( |$)/
}

# gather fills list with the commands of text and of the scripts that they start,
# npm's and the app's own, followed once; guarded tells which run in migguard.
function gather(text, list, guarded,    i, n, top, top_n) {
	split("", list)
	split("", guarded)
	top_n = split_commands(text, top)
	for (i = 1; i <= top_n; i++) {
		list[++n] = top[i]
		guarded[n] = is_guarded(top[i])
		n = gather_from(script_text(top[i]), list, guarded, n, guarded[n])
	}
	return n + 0
}

function gather_from(text, list, guarded, n, within,    i, inner, inner_n) {
	inner_n = split_commands(text, inner)
	for (i = 1; i <= inner_n; i++) {
		list[++n] = inner[i]
		guarded[n] = within || is_guarded(inner[i])
	}
	return n
}

# script_text is what stands in the scripts that a command names; not those that
# are looked at by themselves.
function script_text(command,    i, n, name, text, word) {
	gsub(/["'()]/, " ", command)
	n = split(command, word, " ")
	for (i = 1; i <= n; i++) {
		name = word[i]
		sub(/^\.\//, "", name)
		if (name != "bin/start" && name ~ /[.\/]/ && is_script(name))
			text = text "\n" read_file(name)
		if (i > 1 && index(at_build at_boot, " " name " ") == 0 && command ~ /(npm|pnpm|yarn|bun) /)
			text = text "\n" package[".scripts." name]
	}
	return text
}

# check_elsewhere looks at commands that no release command can guard.
function check_elsewhere(place, text, when,    guarded, i, list, n) {
	n = gather(text, list, guarded)
	for (i = 1; i <= n; i++)
		if (!guarded[i] && is_migration(list[i])) {
			warn(place " changes the database where migguard does not see it: " shown(list[i]))
			warn("It runs " when ". Take it out; migrations belong into the Procfile:")
			warn("  release: migguard run")
			return
		}
}

function check_scripts(    i, n, name) {
	n = split(at_build at_boot, name, " ")
	for (i = 1; i <= n; i++)
		check_elsewhere("package.json: script " name[i], package[".scripts." name[i]],
			index(at_boot, " " name[i] " ") ? boot : "while the app is built, before the release exists")
}

function check_procfile(    i, n, line, command, type, released) {
	n = split(read_file("Procfile"), line, "\n")
	for (i = 1; i <= n; i++) {
		if (line[i] !~ /^[[:alnum:]_-]+:/)
			continue
		type = substr(line[i], 1, index(line[i], ":") - 1)
		command = one_line(substr(line[i], length(type) + 2))
		if (type == "release" && command != "") {
			released = 1
			check_release(command)
		} else if (type ~ /^(web|worker|clock)$/)
			check_elsewhere("Procfile: " type, command, boot)
	}
	# Fir has another way to name the release command.
	if (!released && read_file("project.toml") !~ /com\.heroku\.phase\.release/) {
		warn("The Procfile has no release line, so migguard does not run. Add:")
		warn("  release: migguard run")
	}
}

function check_release(line,    bare, guarded, i, list, lost, n, runs) {
	n = gather(line, list, guarded)
	for (i = n; i > 0; i--) {
		if (guarded[i])
			runs = 1
		else if (is_migration(list[i]))
			bare = list[i]
		if (is_destructive(list[i]))
			lost = list[i]
	}
	if (!runs) {
		warn("Procfile: the release line does not run migguard: " shown(line))
		warn("Write it as")
		warn("  release: migguard run -- COMMAND")
	} else if (bare != "") {
		warn("Procfile: the release line also changes the database where migguard does not see it:")
		warn("  " shown(bare))
		warn("Put all of it behind migguard:  release: migguard run -- 'ONE && OTHER'")
	}
	if (lost != "") {
		warn("Procfile: the release line loses data at every release: " shown(lost))
		warn("Use your tool's command that only applies what is pending (migrate, migrate deploy, ...).")
	}
	if (hides_failure(line)) {
		warn("Procfile: the release line ends well though migrations fail, and new code then meets")
		warn("the old schema: " shown(line))
		warn("Take out what follows the migration command (|| true, ; echo, | tee, &).")
	}
}

# hides_failure: the line's status is not that of the command that migrates. What
# succeeds at the end hides what failed before, unless the shell has stopped.
function hides_failure(line,    ends) {
	gsub(/["'()]/, "", line)
	line = one_line(line)
	ends = "(true|:|exit 0|(echo|printf)( [^|;&]*)?)$"
	if (line ~ "\\|\\| ?" ends || line ~ /[^&>]&$/)
		return 1
	if (line ~ "; ?" ends)
		return line !~ /(^| )set -[a-z]*e/
	return line ~ /[^|]\|&? ?(tee|cat|ts|sed|grep)( [^|]*)?$/ && line !~ /pipefail/
}
