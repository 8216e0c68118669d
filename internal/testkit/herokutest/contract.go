package herokutest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schemaName is where the API has the schema; nothing is fetched.
const schemaName = "https://api.heroku.com/schema"

// A contract holds, for each call of the API, what its bodies look like.
type contract struct {
	compiler *jsonschema.Compiler
	links    map[string][]link // by method and normal path
	bodies   map[string]bodies
}

// A link is where the schema describes a call. Two may share a path: creating
// a release and rolling back.
type link struct{ request, response string }

// bodies are the schemas of one call. A request needs to satisfy one of them.
type bodies struct {
	requests []*jsonschema.Schema
	response *jsonschema.Schema
}

// clientContract is the contract of heroku-go's schema. It takes a second to
// compile, so that a process does it once.
var clientContract = sync.OnceValues(func() (*contract, error) {
	schema, err := Schema()
	if err != nil {
		return nil, err
	}
	return newContract(schema)
})

func newContract(schema []byte) (*contract, error) {
	decoded, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return nil, fmt.Errorf("schema of the Platform API: %w", err)
	}
	root, _ := decoded.(map[string]any)
	prepare(root)
	definitions, err := at(root, "definitions")
	if err != nil {
		return nil, err
	}
	if err := extend(definitions); err != nil {
		return nil, err
	}
	c := &contract{
		compiler: jsonschema.NewCompiler(),
		links:    collectLinks(definitions),
		bodies:   make(map[string]bodies),
	}
	c.compiler.DefaultDraft(jsonschema.Draft4)
	c.compiler.AssertFormat()
	if err := c.compiler.AddResource(schemaName, root); err != nil {
		return nil, err
	}
	for _, r := range routes {
		if err := c.add(r.method, r.path); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func collectLinks(definitions map[string]any) map[string][]link {
	found := make(map[string][]link)
	for name, definition := range definitions {
		object, _ := definition.(map[string]any)
		list, _ := object["links"].([]any)
		for i, entry := range list {
			fields, _ := entry.(map[string]any)
			method, _ := fields["method"].(string)
			href, _ := fields["href"].(string)
			at := schemaName + "#/definitions/" + name + "/links/" + strconv.Itoa(i)
			var l link
			if fields["schema"] != nil {
				l.request = at + "/schema"
			}
			if fields["targetSchema"] != nil {
				l.response = at + "/targetSchema"
			}
			call := callName(method, href)
			found[call] = append(found[call], l)
		}
	}
	return found
}

var parameter = regexp.MustCompile(`\{[^}]*\}`)

// callName is a method and a path without the names of its parameters, which
// the schema writes as {(reference)} and a ServeMux as {name}.
func callName(method, path string) string {
	return method + " " + parameter.ReplaceAllString(path, "{}")
}

// add compiles the schemas of a call. One that the schema has no link for is
// none of the API's.
func (c *contract) add(method, path string) error {
	name := callName(method, path)
	links := c.links[name]
	if len(links) == 0 {
		return fmt.Errorf("schema has no %s", name)
	}
	var b bodies
	for _, l := range links {
		if l.request != "" {
			schema, err := c.compiler.Compile(l.request)
			if err != nil {
				return err
			}
			b.requests = append(b.requests, schema)
		}
		schema, err := c.compiler.Compile(l.response)
		if err != nil {
			return err
		}
		b.response = schema
	}
	c.bodies[name] = b
	return nil
}

// checkRequest compares a request's body with what the call takes.
func (c *contract) checkRequest(method, path string, body []byte) error {
	requests := c.bodies[callName(method, path)].requests
	if len(requests) == 0 {
		if len(body) > 0 {
			return fmt.Errorf("%s %s takes no body", method, path)
		}
		return nil
	}
	var first error
	ok := slices.ContainsFunc(requests, func(s *jsonschema.Schema) bool {
		err := validate(s, body)
		if first == nil {
			first = err
		}
		return err == nil
	})
	if ok {
		return nil
	}
	return first
}

// checkResponse compares an answer's body with what the call answers.
func (c *contract) checkResponse(method, path string, body []byte) error {
	if err := validate(c.bodies[callName(method, path)].response, body); err != nil {
		return fmt.Errorf("answer to %s %s: %w: %s", method, path, err, body)
	}
	return nil
}

func validate(schema *jsonschema.Schema, body []byte) error {
	if !json.Valid(body) {
		return fmt.Errorf("not JSON: %q", body)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}
