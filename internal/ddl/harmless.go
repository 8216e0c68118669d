package ddl

import "strings"

// harm says when a word before a parenthesis is no danger.
type harm byte

const (
	unknownHarm harm = iota
	harmlessAlways
	// harmlessBehindCall: OVER and FILTER could name a function, but not
	// behind a closing parenthesis.
	harmlessBehindCall
	// harmlessBehindWord: BY behind GROUP, ORDER or PARTITION.
	harmlessBehindWord
	// harmlessInInsert: ON CONFLICT (.
	harmlessInInsert
)

// harmless holds the words that may stand before a parenthesis in Plain text.
var harmless = harmlessWords()

// Key words that no function can be called by, and types with modifiers.
const harmlessKeywords = `
	all and any array as between bit case cast char character coalesce dec
	decimal distinct else except exists extract from greatest grouping having in
	intersect interval lateral least limit not nullif numeric offset on or
	position precision returning row select some then time timestamp
	trim union using values varchar when where`

// Built-in functions of pg_catalog that change nothing and run no SQL.
const harmlessFunctions = `
	abs age array_agg array_length array_position array_to_string avg bool_and
	bool_or ceil char_length concat concat_ws count current_database
	current_schema current_setting date_part date_trunc dense_rank floor
	format gen_random_uuid initcap json_agg json_build_object jsonb_agg
	jsonb_build_object jsonb_set jsonb_typeof lag lead left length lower lpad
	ltrim make_date max md5 min mod now octet_length power random rank regexp_replace
	replace right round row_number row_to_json rpad rtrim sign split_part sqrt
	statement_timestamp string_agg strpos substr substring sum to_char to_date to_json
	to_jsonb to_timestamp to_tsquery to_tsvector trunc unnest upper version
	clock_timestamp`

func harmlessWords() map[string]harm {
	words := map[string]harm{
		"over": harmlessBehindCall, "filter": harmlessBehindCall,
		"by": harmlessBehindWord, "conflict": harmlessInInsert,
	}
	for _, w := range strings.Fields(harmlessKeywords + harmlessFunctions) {
		words[w] = harmlessAlways
	}
	return words
}
