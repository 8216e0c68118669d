package heroku

import (
	"context"
	"fmt"
	"time"

	heroku "github.com/heroku/heroku-go/v5"

	"github.com/migguard/migguard/internal/fleet"
)

// releasePayload has the fields of a release that are used, and both names
// under which the API tells an image; heroku-go v5 has neither.
type releasePayload struct {
	ID          string
	Version     int
	Status      string
	Current     bool
	Description string
	Slug        identified
	Artifacts   []struct{ Type, ID string } // version 3
	OCIImage    identified                  `json:"oci_image"` // version 3.sdk
	CreatedAt   time.Time                   `json:"created_at"`
	UpdatedAt   time.Time                   `json:"updated_at"`
}

type identified struct{ ID string }

// missing wants the times too: preboot's hidden dynos are told by them.
func (p releasePayload) missing() string {
	switch {
	case p.ID == "":
		return "id"
	case p.Version < 1:
		return "version"
	case p.CreatedAt.IsZero():
		return "created_at"
	case p.UpdatedAt.IsZero():
		return "updated_at"
	}
	return ""
}

func (p releasePayload) release() fleet.Release {
	r := fleet.Release{
		ID: p.ID, Version: p.Version, Status: p.Status, Current: p.Current,
		Description: p.Description, Slug: p.Slug.ID, Image: p.OCIImage.ID,
		CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt,
	}
	// Releases from before there were release commands have none, and ran.
	if r.Status == "" {
		r.Status = fleet.ReleaseSucceeded
	}
	for _, artifact := range p.Artifacts {
		switch {
		case artifact.Type == "slug" && r.Slug == "":
			r.Slug = artifact.ID
		case artifact.Type == "oci-image" && r.Image == "":
			r.Image = artifact.ID
		}
	}
	return r
}

// mostReleases is how many entries of a list the API gives at once.
const mostReleases = 1000

// Releases lists the newest releases, newest first.
func (c *Client) Releases(ctx context.Context, newest int) ([]fleet.Release, error) {
	if newest < 1 {
		return nil, fmt.Errorf("list the releases of %s: %d is no number of releases", c.app, newest)
	}
	found, err := list[releasePayload](ctx, c, "list the releases of "+c.app, c.path("/releases"),
		&heroku.ListRange{Field: "version", Max: min(newest, mostReleases), Descending: true}, newest)
	if err != nil {
		return nil, err
	}
	return converted(found, releasePayload.release), nil
}

// converted says payloads in fleet's words.
func converted[P, T any](payloads []P, convert func(P) T) []T {
	all := make([]T, 0, len(payloads))
	for _, p := range payloads {
		all = append(all, convert(p))
	}
	return all
}
