package herokutest

import (
	"bytes"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/herokutest/apischema"
)

// TestWrongFieldFails changes the schema in one place, so that one answer of
// the emulator is no longer what the schema says.
func TestWrongFieldFails(t *testing.T) {
	t.Parallel()
	schema, err := apischema.Schema()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, old, new, want string }{
		{"renamed", `"maintenance": {
          "$ref": "#/definitions/app/definitions/maintenance"
        },
        "name": {
          "$ref": "#/definitions/app/definitions/name"
        },
        "owner"`, `"maintenence": {
          "$ref": "#/definitions/app/definitions/maintenance"
        },
        "name": {
          "$ref": "#/definitions/app/definitions/name"
        },
        "owner"`, "maintenence"},
		{"type", `"description": "maintenance status of app",
          "example": false,
          "readOnly": false,
          "type": [
            "boolean"
          ]`, `"description": "maintenance status of app",
          "example": false,
          "readOnly": false,
          "type": [
            "string"
          ]`, "/maintenance"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			wrong := bytes.Replace(schema, []byte(test.old), []byte(test.new), 1)
			if bytes.Equal(wrong, schema) {
				t.Fatal("the schema does not have what the test changes")
			}
			c, err := apischema.New(wrong)
			if err != nil {
				t.Fatal(err)
			}
			p, err := Start(Config{Contract: c})
			if err != nil {
				t.Fatal(err)
			}
			_, api := create(t, p, AppConfig{})
			_, err = api.AppInfo(limit(t), "shop")
			wantError(t, err, 500, "herokutest")
			if _, err := api.DynoList(limit(t), "shop", nil); err != nil {
				t.Errorf("a call without the field: %v", err)
			}
			if err := p.Close(); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("close: %v, want something about %s", err, test.want)
			}
		})
	}
}

// TestContract compares documents with the schema.
func TestContract(t *testing.T) {
	t.Parallel()
	schema, err := apischema.Schema()
	if err != nil {
		t.Fatal(err)
	}
	c, err := apischema.New(schema)
	if err != nil {
		t.Fatal(err)
	}
	const path = "/apps/{app}/features/{feature}"
	if err := c.Add("GET", "/apps/{app}/nonsense"); err == nil {
		t.Error("a call that the schema does not have was added")
	}
	if err := c.Add("GET", path); err != nil {
		t.Fatal(err)
	}
	good := string(mustMarshal(t, featureDocument(State{}, Preboot)))
	tests := []struct{ old, new string }{
		{`"enabled":false`, `"enabled":"false"`},
		{`"enabled":false,`, ``},
		{`"enabled":false`, `"enabled":false,"extra":1`},
		{`"created_at":"2013-12-09T`, `"created_at":"9.12.2013 `},
		{`"enabled":false`, `"enabled":false}`},
	}
	if err := c.CheckResponse("GET", path, []byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		bad := strings.Replace(good, test.old, test.new, 1)
		if bad == good {
			t.Errorf("nothing to replace: %s", test.old)
		}
		if err := c.CheckResponse("GET", path, []byte(bad)); err == nil {
			t.Errorf("accepted: %s", bad)
		}
	}
}
