package heroku

import (
	"context"
	"time"

	"github.com/migguard/migguard/internal/fleet"
)

type dynoPayload struct {
	ID        string
	Name      string
	Type      string
	State     string
	Release   struct{ Version int } // may be null
	CreatedAt time.Time             `json:"created_at"`
	UpdatedAt time.Time             `json:"updated_at"`
}

func (p dynoPayload) missing() string {
	switch {
	case p.ID == "":
		return "id"
	case p.Type == "":
		return "type"
	case p.State == "":
		return "state"
	case p.UpdatedAt.IsZero():
		return "updated_at"
	}
	return ""
}

func (p dynoPayload) dyno() fleet.Dyno {
	return fleet.Dyno{
		ID: p.ID, Name: p.Name, Type: p.Type, State: p.State,
		Release: p.Release.Version, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt,
	}
}

// Dynos lists every dyno that the API shows, in its order. With preboot on,
// that is not every dyno that runs.
func (c *Client) Dynos(ctx context.Context) ([]fleet.Dyno, error) {
	found, err := list[dynoPayload](ctx, c, "list the dynos of "+c.app, c.path("/dynos"), nil, 0)
	if err != nil {
		return nil, err
	}
	return converted(found, dynoPayload.dyno), nil
}
