package herokutest

import (
	"cmp"
	"io"
	"time"
)

// Config says how the platform is. The zero Config works, with the platform's
// own times divided by a hundred or so.
type Config struct {
	// Contract is what requests and answers are compared with, package
	// apischema's in tests. Nil compares nothing, for places without a Go
	// module cache.
	Contract Contract

	// Drain is the time from SIGTERM to SIGKILL; the platform's is 30 s.
	// Zero means 300 ms.
	Drain time.Duration
	// BootTimeout is how long a web dyno may take to listen on its port; the
	// platform's is 60 s. Zero means 20 s, for slow test machines.
	BootTimeout time.Duration
	// PrebootDelay is the time from a release to the end of the old web
	// dynos when preboot is on; the platform's is about 3 minutes. Zero
	// means 500 ms.
	PrebootDelay time.Duration
	// Cooloff is how long a dyno that crashed again waits for its next
	// start, twice as long each time; the first start follows at once. The
	// platform's is 10 minutes. Zero means 500 ms.
	Cooloff time.Duration
	// StatusLag is how long a release still says pending after its command
	// has ended.
	StatusLag time.Duration
	// MaintenanceLag is how long routers take to hear of maintenance mode.
	MaintenanceLag time.Duration
	// Tokens is the rate limit: requests at once, refilled by a sixtieth of
	// it each minute. Zero means 4500, the platform's.
	Tokens int

	// Log receives what "heroku logs" shows, a line each. Nil drops it.
	Log io.Writer
}

// A Contract knows what the bodies of the API's calls look like. It is asked from
// any goroutine.
type Contract interface {
	// Add has it know a call, by the pattern of its path; a call that the API
	// does not have is an error.
	Add(method, path string) error
	CheckRequest(method, path string, body []byte) error
	CheckResponse(method, path string, body []byte) error
}

// learn tells the contract of our calls.
func (c Config) learn() error {
	if c.Contract == nil {
		return nil
	}
	for _, r := range routes {
		if err := c.Contract.Add(r.method, r.path); err != nil {
			return err
		}
	}
	return nil
}

func (c Config) withDefaults() Config {
	c.Drain = cmp.Or(c.Drain, 300*time.Millisecond)
	c.BootTimeout = cmp.Or(c.BootTimeout, 20*time.Second)
	c.PrebootDelay = cmp.Or(c.PrebootDelay, 500*time.Millisecond)
	c.Cooloff = cmp.Or(c.Cooloff, 500*time.Millisecond)
	c.Tokens = cmp.Or(c.Tokens, 4500)
	if c.Log == nil {
		c.Log = io.Discard
	}
	return c
}

// AppConfig says what an app is like before its first release.
type AppConfig struct {
	Name       string // required; small letters, digits and "-"
	ConfigVars map[string]string
	// Features are those that are on: [Preboot], [DynoMetadata] …
	Features []string
	// Formation has the quantities of the first release. A process type that
	// it does not name gets one dyno if it is "web", else none.
	Formation map[string]int
	// Space is the name of its Private Space, where releases roll.
	Space string
	// Stack is "heroku-24" when empty. "container" has images without slugs.
	Stack string
	// Fir is the generation without slugs, with OCI images. It needs a Space.
	Fir bool
	// Buildpacks are listed, by name in the registry or URL, in the order in
	// which they build. The emulator runs none of them.
	Buildpacks []string
	// RetryFailed makes a release that changes only config vars carry the
	// newest release's build, even if that failed, and not the current one's.
	// Which of them the platform takes is not documented.
	RetryFailed bool
}

// The app features that mean something here.
const (
	Preboot       = "preboot"
	DynoMetadata  = "runtime-dyno-metadata"
	BuildMetadata = "runtime-dyno-build-metadata"
)

// The stacks with a behaviour of their own.
const (
	stackDefault   = "heroku-24"
	stackContainer = "container"
	stackFir       = "cnb"
)

func (c AppConfig) stack() string {
	if c.Fir {
		return stackFir
	}
	return cmp.Or(c.Stack, stackDefault)
}

// hasSlugs says whether its builds are slugs.
func (c AppConfig) hasSlugs() bool {
	return c.stack() != stackContainer && c.stack() != stackFir
}
