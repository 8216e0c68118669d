package cli_test

import (
	"testing"

	"github.com/migguard/migguard/internal/testkit/deploysim/platform"
	"github.com/migguard/migguard/internal/testkit/herokutest"
)

// TestCrashingDynos never come up. When the deadline is over, policy says what
// becomes of maintenance mode; a fix ends it in any case.
func TestCrashingDynos(t *testing.T) {
	t.Parallel()
	for policy, stays := range map[string]bool{"stay": true, "lift": false} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, herokutest.AppConfig{})
			s.Rests(t)
			broken := after()
			broken.ID, broken.Web = "broken", "exit 1"
			broken.Policy += "[settle]\ndeadline = \"4s\"\nif-crashing = \"" + policy + "\"\n"
			r := s.Push(t, broken)
			s.Ends(t, r, herokutest.Succeeded)
			dir := t.TempDir()
			writeFile(t, dir, "migguard.toml", broken.Policy)
			want := []string{"has not settled 4s after its release", "web.1"}
			if stays {
				want = append(want, "maintenance mode stays on; to turn it off:", "migguard maintenance off --app shop")
			} else {
				want = append(want, "turned off all the same")
			}
			s.settle().in(dir).run(t).expect(t, 75, want...)
			if state := s.State(); state.Maintenance != stays || (platform.Quantity(state, "worker") == 0) != stays {
				t.Errorf("maintenance %t, workers %d", state.Maintenance, platform.Quantity(state, "worker"))
			}
			s.Ends(t, s.Push(t, after()), herokutest.Succeeded)
			s.Becomes(t, "all is as before", platform.Calm)
			s.Rests(t)
			s.WantSettled(t)
		})
	}
}
