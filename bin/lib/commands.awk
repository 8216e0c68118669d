# split_commands fills list with the commands of shell text and returns how many:
# it splits at line ends and at ; & && | || that are not quoted, drops comments,
# and makes one space of blanks. It knows no more of the shell's grammar.
function split_commands(text, list,    c, i, n, out, quote) {
	text = text "\n"
	for (i = 1; i <= length(text); i++) {
		c = substr(text, i, 1)
		if (c == "\\" && quote != "'") {
			c = substr(text, ++i, 1)
			out = out (c == "\n" ? " " : "\\" c)
		} else if (quote != "") {
			if (c == quote)
				quote = ""
			out = out (c == "\n" ? " " : c)
		} else if (c == "\"" || c == "'") {
			quote = c
			out = out c
		} else if (c == "#" && out ~ /(^|[ \t])$/) {
			while (i < length(text) && substr(text, i + 1, 1) != "\n")
				i++
		} else if (c ~ /[\n;&|]/) {
			if ((out = one_line(out)) != "")
				list[++n] = out
			out = ""
		} else
			out = out c
	}
	return n + 0
}

function one_line(s) {
	gsub(/[[:cntrl:] ]+/, " ", s)
	sub(/^ /, "", s)
	sub(/ $/, "", s)
	return s
}
