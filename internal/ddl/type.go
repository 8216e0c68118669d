package ddl

import (
	"regexp"
	"strings"
)

// A ServerType is one of the server's own types, as SQL writes it.
type ServerType struct {
	Name string // as format_type writes it, without modifier
	// Modifier is what stands in parentheses, without spaces; empty for none.
	Modifier string
	Array    bool
}

// serverTypes are the names of the server's own types, each line one, with
// what format_type writes first.
var serverTypes = namesOf(`
	smallint,int2
	integer,int4,int
	bigint,int8
	real,float4
	double precision,float8
	numeric,decimal,dec
	text
	character varying,varchar
	character,char,bpchar
	bit
	bit varying,varbit
	boolean,bool
	timestamp without time zone,timestamp
	timestamp with time zone,timestamptz
	time without time zone,time
	time with time zone,timetz
	interval
	date
	uuid
	json
	jsonb
	bytea
	inet
	cidr
	macaddr
	money
	xml
	point
	tsvector
	int4range
	int8range
	numrange
	daterange
	tsrange
	tstzrange`)

func namesOf(lines string) map[string]string {
	names := map[string]string{}
	for line := range strings.Lines(lines) {
		all := strings.Split(strings.TrimSpace(line), ",")
		for _, name := range all {
			names[name] = all[0]
		}
	}
	return names
}

// typeForm takes a type apart: its modifier may stand in the middle.
var typeForm = regexp.MustCompile(`^([a-z0-9 ]+?) ?(?:\(([-0-9, ]+)\))?( (?:with|without) time zone)?((?:\[[0-9]*\])*)$`)

// ServerTypeOf reads the text of a type, a change's or format_type's. It knows
// those whose names leave no doubt; the types of an application are none.
func ServerTypeOf(text string) (ServerType, bool) {
	parts := typeForm.FindStringSubmatch(strings.TrimPrefix(text, "pg_catalog."))
	if parts == nil {
		return ServerType{}, false
	}
	name, ok := serverTypes[parts[1]+parts[3]]
	// Without a modifier char and bit mean another type than bpchar has.
	if !ok || parts[2] == "" && (name == "character" || name == "bit") {
		return ServerType{}, false
	}
	return ServerType{Name: name, Modifier: strings.ReplaceAll(parts[2], " ", ""), Array: parts[4] != ""}, true
}
