package maintenance

import (
	"context"
	"testing"

	"github.com/migguard/migguard/internal/fleet"
)

// A staleApp tells of a maintenance that is over, so many times.
type staleApp struct {
	*world
	times int
}

func (s *staleApp) App(ctx context.Context) (fleet.App, error) {
	app, err := s.world.App(ctx)
	if s.times > 0 {
		s.times--
		app.Maintenance = true
	}
	return app, err
}

// What was on before is what the routers say, too.
func TestOnBefore(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		stale int
		url   string
		on    bool
		want  bool
	}{
		{"off", 0, "https://shop.example", false, false},
		{"off, and the API is late", 3, "https://shop.example", false, false},
		{"off, and the API is very late", 1000, "https://shop.example", false, false},
		{"on", 0, "https://shop.example", true, true},
		{"nobody else to ask", 1000, "", false, true},
	} {
		w := newWorld()
		w.url, w.maintenance = tt.url, tt.on
		m := newMachine(w, &Memory{})
		m.Platform = &staleApp{w, tt.stale}
		if p := enter(t, m, Request{By: "run"}); p.WasOn != tt.want {
			t.Errorf("%s: was on: %t, want %t", tt.name, p.WasOn, tt.want)
		}
	}
}
