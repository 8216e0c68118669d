// Package apischema compares what is asked of the Platform API and what it
// answers with the schema.json that comes with heroku-go v5.5.0, which it asks the
// go command for. It is a package of its own because the emulator is linked into
// the binary for the demo, and the schema and what reads it are not.
package apischema

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// clientModule is the module whose schema.json describes the Platform API, as
// generated clients know it.
const clientModule = "github.com/heroku/heroku-go/v5"

// Schema reads the schema that comes with heroku-go. It asks the go command
// where that module is, from the current folder, which has to be inside this
// module.
func Schema() ([]byte, error) { return schemaOnce() }

var schemaOnce = sync.OnceValues(func() ([]byte, error) {
	list := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", clientModule)
	var stderr bytes.Buffer
	list.Stderr = &stderr
	dir, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("find %s: %w: %s", clientModule, err, strings.TrimSpace(stderr.String()))
	}
	schema, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "schema.json"))
	if err != nil {
		return nil, fmt.Errorf("schema of the Platform API: %w", err)
	}
	return schema, nil
})

// prepare rewrites a schema for validation, in place.
//
// The API's "strictProperties" means that an object has all of its properties
// and no other. An object that says nothing may lack some, but has no other
// either: a field that the schema does not know is what we are looking for.
func prepare(node any) {
	switch node := node.(type) {
	case map[string]any:
		delete(node, "$schema") // names a meta-schema that is not JSON Schema
		if _, isName := node["id"].(string); isName {
			delete(node, "id")
		}
		delete(node, "example")
		properties, hasProperties := node["properties"].(map[string]any)
		if hasProperties && node["additionalProperties"] == nil && node["patternProperties"] == nil {
			node["additionalProperties"] = false
			if node["strictProperties"] == true && len(properties) > 0 {
				node["required"] = names(properties)
			}
		}
		for _, child := range node {
			prepare(child)
		}
	case []any:
		for _, child := range node {
			prepare(child)
		}
	}
}

func names(properties map[string]any) []any {
	all := make([]any, 0, len(properties))
	for name := range properties {
		all = append(all, name)
	}
	return all
}

// at is the part of a schema that keys lead to. The schema of another client
// may lack it.
func at(schema map[string]any, keys ...string) (map[string]any, error) {
	for i, key := range keys {
		next, ok := schema[key].(map[string]any)
		if !ok {
			return nil, fmt.Errorf("schema has no %s", strings.Join(keys[:i+1], "."))
		}
		schema = next
	}
	return schema, nil
}
