# parse_json fills found with the strings of a JSON text by their paths: the path
# of {"a": {"b": "c"}} is .a.b, and an array's elements have the array's path.
# Blanks of all kinds become spaces. It takes whatever it is given: a text that is
# no JSON yields fewer strings.
function parse_json(text, found,    c, depth, key, kind, value, want_key) {
	json_text = text
	for (json_at = 1; json_at <= length(text); json_at++) {
		c = substr(text, json_at, 1)
		if (c == "\"") {
			value = json_string()
			if (want_key) {
				key[depth] = value
				want_key = 0
			} else
				found[json_path(depth, kind, key)] = value
		} else if (c == "{" || c == "[") {
			kind[++depth] = c
			want_key = (c == "{")
		} else if ((c == "}" || c == "]") && depth > 0) {
			delete key[depth]
			depth--
			want_key = 0
		} else if (c == ",")
			want_key = (kind[depth] == "{")
	}
}

# json_string reads on from an opening quote to the closing one.
function json_string(    c, s) {
	for (json_at++; json_at <= length(json_text); json_at++) {
		c = substr(json_text, json_at, 1)
		if (c == "\"")
			break
		if (c == "\\")
			c = json_escape(substr(json_text, ++json_at, 1))
		s = s (c ~ /[[:cntrl:]]/ ? " " : c)
	}
	return s
}

# json_escape gives what stands for backslash and c; a character outside ASCII
# becomes a question mark.
function json_escape(c,    i, n) {
	if (c ~ /[nrtbf]/)
		return " "
	if (c != "u")
		return c
	for (i = 0; i < 4; i++)
		n = 16 * n + index("123456789abcdef", tolower(substr(json_text, ++json_at, 1)))
	return n >= 32 && n < 127 ? sprintf("%c", n) : "?"
}

function json_path(depth, kind, key,    d, p) {
	for (d = 1; d <= depth; d++)
		if (kind[d] == "{")
			p = p "." key[d]
	return p
}
