package heroku

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	heroku "github.com/heroku/heroku-go/v5"

	"github.com/migguard/migguard/internal/fleet"
)

type processPayload struct {
	Type     string
	Quantity *int
	Size     string
}

func (p processPayload) missing() string {
	switch {
	case p.Type == "":
		return "type"
	case p.Quantity == nil:
		return "quantity"
	}
	return ""
}

func (p processPayload) process() fleet.Process {
	return fleet.Process{Type: p.Type, Quantity: *p.Quantity, Size: p.Size}
}

// Formation lists the process types and how many dynos each is to have.
func (c *Client) Formation(ctx context.Context) ([]fleet.Process, error) {
	found, err := list[processPayload](ctx, c, "read the formation of "+c.app, c.path("/formation"), nil, 0)
	if err != nil {
		return nil, err
	}
	return converted(found, processPayload.process), nil
}

// processType is the API schema's pattern.
var processType = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[-\w]{1,128}$`) })

// Scale sets how many dynos each of some process types is to have, all in one
// request, and returns what the API says of them then. Setting what is set
// changes nothing. After an error the quantities may or may not be set:
// Formation tells.
func (c *Client) Scale(ctx context.Context, quantities map[string]int) ([]fleet.Process, error) {
	types := slices.Sorted(maps.Keys(quantities))
	var body heroku.FormationBatchUpdateOpts
	body.Updates = slices.Grow(body.Updates, len(types))[:len(types)]
	words := make([]string, len(types))
	for i, name := range types {
		if !processType().MatchString(name) || quantities[name] < 0 {
			return nil, fmt.Errorf("scale %s: %q=%d is no quantity of a process type", c.app, name, quantities[name])
		}
		body.Updates[i].Type, body.Updates[i].Quantity = name, heroku.Int(quantities[name])
		words[i] = fmt.Sprintf("%s=%d", name, quantities[name])
	}
	if len(types) == 0 {
		return nil, fmt.Errorf("scale %s: no process type is named", c.app)
	}
	op := fmt.Sprintf("scale %s to %s", c.app, strings.Join(words, ", "))
	var found payloads[processPayload]
	err := c.set(ctx, op, c.path("/formation"), body, &found)
	if errors.Is(err, errEmptyAnswer) {
		return c.Formation(ctx) // it was carried out, and the answer says no more
	}
	if err != nil {
		return nil, err
	}
	return converted(found, processPayload.process), nil
}
