package heroku

import (
	"strings"
	"testing"
	"time"
)

func TestNewChecksItsConfig(t *testing.T) {
	t.Parallel()
	good := Config{Token: testToken, App: "shop"}
	tests := []struct {
		name   string
		change func(*Config)
		want   string // "" when it is good
	}{
		{"as it is", func(*Config) {}, ""},
		{"id", func(c *Config) { c.App = "01234567-89ab-cdef-0123-456789abcdef" }, ""},
		{"long name", func(c *Config) { c.App = strings.Repeat("a", 30) }, ""},
		{"too long", func(c *Config) { c.App = strings.Repeat("a", 31) }, "no app name or id"},
		{"path", func(c *Config) { c.App = "shop/../other" }, "no app name or id"},
		{"query", func(c *Config) { c.App = "shop?x=1" }, "no app name or id"},
		{"line end", func(c *Config) { c.App = "shop\n" }, "no app name or id"},
		{"capital", func(c *Config) { c.App = "Shop" }, "no app name or id"},
		{"no app", func(c *Config) { c.App = "" }, "set HEROKU_APP_NAME"},
		{"no token", func(c *Config) { c.Token = "" }, `on your own machine: export HEROKU_API_KEY="$(heroku auth:token)"`},
		{"token with line end", func(c *Config) { c.Token += "\n" }, "characters that no token has"},
		{"local", func(c *Config) { c.BaseURL = "http://127.0.0.1:8080/" }, ""},
		{"scheme", func(c *Config) { c.BaseURL = "ftp://x" }, "no http or https URL"},
		{"no host", func(c *Config) { c.BaseURL = "https:///x" }, "no http or https URL"},
		{"no URL", func(c *Config) { c.BaseURL = "http://[" + testToken }, "no http or https URL"},
		{"user", func(c *Config) { c.BaseURL = "https://u:" + testToken + "@x" }, "no user"},
		{"query in base", func(c *Config) { c.BaseURL = "https://x?y" }, "no user, query"},
		{"negative", func(c *Config) { c.RetryFor = -time.Second }, "negative"},
	}
	for _, test := range tests {
		cfg := good
		test.change(&cfg)
		client, err := New(cfg)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), testToken) {
			t.Errorf("%s: the token is in %v", test.name, err)
		}
		if err == nil && strings.HasSuffix(client.service.URL, "/") {
			t.Errorf("%s: the address %s ends in a slash", test.name, client.service.URL)
		}
	}
}

// TestArguments hands each method what it must not put into a path or body.
func TestArguments(t *testing.T) {
	t.Parallel()
	r := setup(t, healthy)
	ctx, c := t.Context(), r.client
	for name, call := range map[string]func() error{
		"releases": func() error { _, err := c.Releases(ctx, 0); return err },
		"feature":  func() error { _, _, err := c.Feature(ctx, "../dynos"); return err },
		"nothing":  func() error { _, err := c.Scale(ctx, nil); return err },
		"type":     func() error { _, err := c.Scale(ctx, map[string]int{"a b": 1}); return err },
		"quantity": func() error { _, err := c.Scale(ctx, map[string]int{"web": -1}); return err },
	} {
		if call() == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if asked := r.asked.list(); len(asked) != 0 {
		t.Errorf("asked %v", asked)
	}
}
