package heroku

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	heroku "github.com/heroku/heroku-go/v5"
)

// Config says which app, with whose rights. It does not print its token.
type Config struct {
	Token string `json:"-"` // of an OAuth authorization; see the function Token
	// BaseURL is the Platform API's address; https://api.heroku.com if empty.
	BaseURL string
	App     string // name or id
	// UserAgent is sent as it is, for example "migguard/1.2.0"; heroku-go's
	// if empty.
	UserAgent string
	// CallTimeout bounds one attempt of a call; a third of RetryFor if zero.
	CallTimeout time.Duration
	// RetryFor bounds all attempts of a call and the waits between them; 30 s
	// if zero.
	RetryFor time.Duration
	Logger   *slog.Logger // attempts that are repeated, warnings; silent if nil
	// Waiting hears once of a call whose answer will have taken more than a second,
	// why, and how long it will be asked for at most. Nil: nobody does.
	Waiting func(reason string, most time.Duration) `json:"-"`
}

const defaultRetryFor = 30 * time.Second

// Client asks the Platform API about one app. It may be used concurrently.
type Client struct {
	app       string
	service   *heroku.Service
	transport *transport
}

// New makes a Client. It asks nobody yet; Account checks the token.
func New(cfg Config) (*Client, error) {
	return newClient(cfg, &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		ForceAttemptHTTP2:   true,
		IdleConnTimeout:     90 * time.Second,
		MaxIdleConnsPerHost: 4,
	}, systemClock)
}

func newClient(cfg Config, base http.RoundTripper, c clock) (*Client, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("use the Platform API: %w", err)
	}
	below := &transport{
		base: base, clock: c, token: secret(cfg.Token), logger: cfg.Logger,
		callTimeout: cfg.CallTimeout, retryFor: cfg.RetryFor, waiting: cfg.Waiting,
	}
	below.remaining.Store(-1)
	service := heroku.NewService(&http.Client{Transport: &heroku.Transport{
		BearerToken: cfg.Token, UserAgent: cfg.UserAgent, Transport: below,
	}})
	service.URL = cfg.BaseURL
	return &Client{app: cfg.App, service: service, transport: below}, nil
}

// appIdentity is what the API's schema allows as an app's name, or an id.
// heroku-go formats it into the path as it is.
var appIdentity = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:[a-z][a-z0-9-]{0,28}[a-z0-9]|` + uuid + `)$`)
})

const uuid = `[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}`

func (c Config) withDefaults() (Config, error) {
	switch {
	case c.Token == "":
		return c, errors.New("no token; " + NeedToken(c.App))
	case strings.ContainsFunc(c.Token, notInToken):
		return c, errors.New("the token has characters that no token has (spaces, line ends): copy it again")
	case c.App == "":
		return c, errors.New("no app: set HEROKU_APP_NAME, or run: heroku labs:enable runtime-dyno-metadata")
	case !appIdentity().MatchString(c.App):
		return c, fmt.Errorf("%q is no app name or id", secret(c.Token).mask(c.App))
	case c.CallTimeout < 0 || c.RetryFor < 0:
		return c, errors.New("a timeout is negative")
	}
	base, err := baseURL(c.BaseURL)
	if err != nil {
		return c, err
	}
	c.BaseURL = base
	if c.RetryFor == 0 {
		c.RetryFor = defaultRetryFor
	}
	if c.CallTimeout == 0 {
		c.CallTimeout = c.RetryFor / 3
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

// notInToken tells what would break the header, or hide a token from mask.
func notInToken(r rune) bool { return r <= ' ' || r > '~' }

// baseURL does not repeat what it refuses: it may hold a password.
func baseURL(raw string) (string, error) {
	if raw == "" {
		return heroku.DefaultURL, nil
	}
	parsed, err := url.Parse(raw)
	switch {
	case err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https":
		return "", errors.New("its address (HEROKU_API_URL) is no http or https URL")
	case parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "":
		return "", errors.New("its address (HEROKU_API_URL) may hold no user, query or fragment")
	}
	return strings.TrimRight(raw, "/"), nil
}

// Remaining is what the last answer said of the account's request allowance,
// -1 before there was one. It is shared by everybody who uses the account, 4500
// at most, and grows by about 75 a minute: a poller that sees it shrink should
// ask less often.
func (c *Client) Remaining() int { return int(c.transport.remaining.Load()) }

// String names the app and the address.
func (c Client) String() string {
	return fmt.Sprintf("heroku.Client{%s at %s}", c.app, c.service.URL)
}

// Format prints String whatever the verb, so that none prints the token.
func (c Client) Format(s fmt.State, _ rune) { io.WriteString(s, c.String()) }

// LogValue keeps the token out of logs.
func (c Client) LogValue() slog.Value { return slog.StringValue(c.String()) }

// String names the app.
func (c Config) String() string { return fmt.Sprintf("heroku.Config{%s}", secret(c.Token).mask(c.App)) }

// Format prints String whatever the verb, so that none prints the token.
func (c Config) Format(s fmt.State, _ rune) { io.WriteString(s, c.String()) }

// LogValue keeps the token out of logs.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }
