package apischema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schemaName is where the API has the schema; nothing is fetched.
const schemaName = "https://api.heroku.com/schema"

// A Contract holds, for each call of the API that it was told of, what its bodies
// look like.
type Contract struct {
	links map[string][]link // by method and normal path

	mu       sync.RWMutex // the platforms of a process share one
	compiler *jsonschema.Compiler
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

// For is the contract of heroku-go's schema. It takes a second to compile, so that
// a process does it once.
func For(t testing.TB) *Contract {
	t.Helper()
	c, err := client()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var client = sync.OnceValues(func() (*Contract, error) {
	schema, err := Schema()
	if err != nil {
		return nil, err
	}
	return New(schema)
})

// New is the contract of a schema, hyper-schema draft 4.
func New(schema []byte) (*Contract, error) {
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
	c := &Contract{
		compiler: jsonschema.NewCompiler(),
		links:    collectLinks(definitions),
		bodies:   make(map[string]bodies),
	}
	c.compiler.DefaultDraft(jsonschema.Draft4)
	c.compiler.AssertFormat()
	if err := c.compiler.AddResource(schemaName, root); err != nil {
		return nil, err
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

// Add has it know a call. It is an error if the schema has no link for it: then it
// is none of the API's.
func (c *Contract) Add(method, path string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	name := callName(method, path)
	if _, ok := c.bodies[name]; ok {
		return nil
	}
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

// of is what the bodies of a call that was added look like.
func (c *Contract) of(method, path string) bodies {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.bodies[callName(method, path)]
}

// CheckRequest compares a request's body with what the call takes.
func (c *Contract) CheckRequest(method, path string, body []byte) error {
	requests := c.of(method, path).requests
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

// CheckResponse compares an answer's body with what the call answers.
func (c *Contract) CheckResponse(method, path string, body []byte) error {
	if err := validate(c.of(method, path).response, body); err != nil {
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
