package apischema

import (
	"encoding/json"
	"fmt"
)

// additions are what the API of today has and the schema of heroku-go v5.5.0,
// of 2022, does not: the only fields and values that may be answered beyond
// it. They are those of the schema of heroku-go v6.1.0, but for "oci_image",
// which version "3.sdk" of the API gives in place of "artifacts". None of them
// is required: an answer may lack them.
var additions = []struct {
	path   []string // from definitions
	schema string
}{
	{[]string{"app", "properties", "generation"}, `{
		"type": ["object", "string"],
		"properties": {"id": {"type": "string", "format": "uuid"}, "name": {"type": "string"}},
		"required": ["id", "name"]
	}`},
	{[]string{"release", "properties", "artifacts"}, `{
		"type": "array",
		"items": {
			"type": "object",
			"properties": {"type": {"enum": ["slug", "oci-image"]}, "id": {"type": "string", "format": "uuid"}},
			"required": ["type", "id"]
		}
	}`},
	{[]string{"release", "properties", "oci_image"}, `{
		"type": ["object", "null"],
		"properties": {"id": {"type": "string", "format": "uuid"}},
		"required": ["id"]
	}`},
	{[]string{"release", "properties", "eligible_for_rollback"}, `{"type": "boolean"}`},
	{[]string{"release", "definitions", "status", "enum"}, `["failed", "pending", "succeeded", "expired"]`},
	// The same without a lookahead, which Go's regular expressions lack.
	{[]string{"space", "definitions", "name", "pattern"}, `"^[a-z0-9](-?[a-z0-9])+$"`},
	// The emulator's apps are not at herokuapp.com.
	{[]string{"app", "definitions", "web_url", "pattern"}, `"^https?://.*/$"`},
	{[]string{"oci-image"}, `{
		"properties": {
			"id": {"type": "string", "format": "uuid"},
			"digest": {"type": "string"},
			"architecture": {"type": ["string", "null"]},
			"base_image_name": {"type": "string"},
			"base_top_layer": {"type": "string"},
			"commit": {"type": "string"},
			"commit_description": {"type": "string"},
			"image_repo": {"type": "string"},
			"process_types": {"type": "object", "patternProperties": {"^[-\\w]{1,128}$": {
				"type": "object",
				"properties": {
					"name": {"type": "string"},
					"display_cmd": {"type": "string"},
					"command": {"type": "string"},
					"working_dir": {"type": "string"},
					"default": {"type": ["boolean", "null"]}
				}
			}}},
			"buildpacks": {"type": "array"},
			"stack": {"type": "object", "properties": {
				"id": {"type": "string", "format": "uuid"}, "name": {"type": "string"}
			}},
			"created_at": {"type": "string", "format": "date-time"},
			"updated_at": {"type": "string", "format": "date-time"}
		},
		"required": ["id", "digest", "commit", "process_types", "created_at"],
		"links": [{
			"method": "GET",
			"href": "/apps/{app}/oci-images/{image}",
			"targetSchema": {"type": ["array"], "items": {"$ref": "#/definitions/oci-image"}}
		}]
	}`},
}

// extend puts the additions into a prepared schema's definitions.
func extend(definitions map[string]any) error {
	for _, addition := range additions {
		last := len(addition.path) - 1
		parent, err := at(definitions, addition.path[:last]...)
		if err != nil {
			return err
		}
		var schema any
		if err := json.Unmarshal([]byte(addition.schema), &schema); err != nil {
			return fmt.Errorf("addition %v: %w", addition.path, err)
		}
		prepare(schema)
		parent[addition.path[last]] = schema
	}
	return nil
}
