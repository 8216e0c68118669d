package heroku

import (
	"cmp"
	"context"
	"slices"
)

type buildpackPayload struct {
	Ordinal   *int
	Buildpack struct{ Name, URL string }
}

func (p buildpackPayload) missing() string {
	switch {
	case p.Ordinal == nil:
		return "ordinal"
	case p.name() == "":
		return "buildpack"
	}
	return ""
}

// name is that of the registry, or the address where there is none.
func (p buildpackPayload) name() string { return cmp.Or(p.Buildpack.Name, p.Buildpack.URL) }

// Buildpacks lists the app's buildpacks by name or URL, in the order in which
// they build. It is empty for apps that are built without: the container stack,
// and those whose buildpacks stand in project.toml.
func (c *Client) Buildpacks(ctx context.Context) ([]string, error) {
	found, err := list[buildpackPayload](ctx, c, "list the buildpacks of "+c.app, c.path("/buildpack-installations"), nil, 0)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(found, func(a, b buildpackPayload) int { return cmp.Compare(*a.Ordinal, *b.Ordinal) })
	return converted(found, buildpackPayload.name), nil
}
