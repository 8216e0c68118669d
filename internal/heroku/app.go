package heroku

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"sync"

	heroku "github.com/heroku/heroku-go/v5"

	"github.com/migguard/migguard/internal/fleet"
)

// appPayload has the fields of an app that are used, and generation and a null
// web_url, which heroku-go v5 has not.
type appPayload struct {
	ID          string
	Name        string
	Maintenance *bool
	WebURL      string          `json:"web_url"`
	Stack       named           `json:"stack"`
	Space       named           `json:"space"`
	Generation  namedOrJustName `json:"generation"`
}

type named struct{ Name string }

// namedOrJustName reads {"name": "fir"}, as the API's version 3 says it, and
// "fir", as its version 3.sdk does.
type namedOrJustName struct{ Name string }

func (n *namedOrJustName) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, &n.Name)
	}
	return json.Unmarshal(data, (*named)(n))
}

func (p *appPayload) missing() string {
	switch {
	case p.ID == "":
		return "id"
	case p.Maintenance == nil:
		return "maintenance"
	}
	return ""
}

func (p *appPayload) app() fleet.App {
	return fleet.App{
		ID: p.ID, Name: p.Name, Maintenance: *p.Maintenance, WebURL: p.WebURL,
		Stack: p.Stack.Name, Space: p.Space.Name, Generation: p.Generation.Name,
	}
}

// App reads the app.
func (c *Client) App(ctx context.Context) (fleet.App, error) {
	var payload appPayload
	if err := c.fetch(ctx, "read the app "+c.app, c.path(""), &payload); err != nil {
		return fleet.App{}, err
	}
	return payload.app(), nil
}

// SetMaintenance switches maintenance mode and returns the app as it is then.
// Switching it to what it is changes nothing. After an error it may or may not
// be switched: App tells.
func (c *Client) SetMaintenance(ctx context.Context, on bool) (fleet.App, error) {
	op := "switch maintenance off for " + c.app
	if on {
		op = "switch maintenance on for " + c.app
	}
	var payload appPayload
	err := c.set(ctx, op, c.path(""), heroku.AppUpdateOpts{Maintenance: heroku.Bool(on)}, &payload)
	if errors.Is(err, errEmptyAnswer) {
		return c.App(ctx) // it was carried out, and the answer says no more
	}
	if err != nil {
		return fleet.App{}, err
	}
	return payload.app(), nil
}

// MayWrite sends a change of nothing, and tells by the error whether the token
// may change the app: the API looks at the rights before it looks at what is
// wanted, and so may well say that nothing is wanted.
func (c *Client) MayWrite(ctx context.Context) error {
	var payload appPayload
	err := c.set(ctx, "try to write to "+c.app, c.path(""), heroku.AppUpdateOpts{}, &payload)
	var apiErr *Error
	if errors.Is(err, errEmptyAnswer) || errors.As(err, &apiErr) &&
		(apiErr.Status == http.StatusUnprocessableEntity || apiErr.Status == http.StatusBadRequest) {
		return nil
	}
	return err
}

type featurePayload struct{ Enabled *bool }

func (p *featurePayload) missing() string {
	if p.Enabled == nil {
		return "enabled"
	}
	return ""
}

var featureName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,99}$`) })

// Feature tells whether a feature of the app is enabled, "preboot" or a labs
// feature such as "runtime-dyno-metadata". found is false when the API knows no
// such feature of this app.
func (c *Client) Feature(ctx context.Context, name string) (enabled, found bool, err error) {
	op := fmt.Sprintf("read the feature %s of %s", name, c.app)
	if !featureName().MatchString(name) {
		return false, false, fmt.Errorf("read a feature of %s: %q is no feature's name", c.app, name)
	}
	var payload featurePayload
	err = c.fetch(ctx, op, c.path("/features/"+name), &payload)
	if IsNotFound(err) {
		// An app that is not there, or not for this token, is 404 as well,
		// and must not be taken for one without the feature.
		_, err = c.App(ctx)
		return false, false, err
	}
	if err != nil {
		return false, false, err
	}
	return *payload.Enabled, true, nil
}

// Preboot tells whether the app has preboot on: then the dyno list leaves out
// old dynos that still serve (Dev Center, "Preboot").
func (c *Client) Preboot(ctx context.Context) (bool, error) {
	enabled, _, err := c.Feature(ctx, "preboot")
	return enabled, err
}

// path leads to the app and what belongs to it.
func (c *Client) path(below string) string { return "/apps/" + c.app + below }
