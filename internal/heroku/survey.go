package heroku

import (
	"context"
	"sync"

	"github.com/migguard/migguard/internal/fleet"
)

// surveyed is how many releases are looked at. Dynos restart every day, so the
// code that runs is seldom older; a release beyond it counts as unknown.
const surveyed = 50

// Survey asks, all at once, what it takes to tell which code runs: dynos,
// formation, releases and preboot, and what time it is there. The rest of Facts the caller adds.
func (c *Client) Survey(ctx context.Context) (f fleet.Facts, err error) {
	var wg sync.WaitGroup
	var errs [4]error
	wg.Go(func() { f.Dynos, errs[0] = c.Dynos(ctx) })
	wg.Go(func() { f.Formation, errs[1] = c.Formation(ctx) })
	wg.Go(func() { f.Releases, errs[2] = c.Releases(ctx, surveyed) })
	wg.Go(func() { f.Preboot, errs[3] = c.Preboot(ctx) })
	wg.Wait()
	for _, err := range errs { // one is enough to say
		if err != nil {
			return f, err
		}
	}
	f.Ahead = c.transport.ahead.Load()
	return f, nil
}
