package heroku

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"
)

// patience bounds what a test waits for.
const patience = 60 * time.Second

const (
	testToken = "HRKU-3d0f9a51-secret_token"
)

// A rig is a Client, and a server that answers as the test says.
type rig struct {
	client *Client
	clock  *fakeClock
	log    *syncBuffer
	asked  *requests
}

// setup starts a server. Its handler finds the request's body read, in asked.
func setup(t *testing.T, handler func(*rig, http.ResponseWriter, *http.Request), change ...func(*Config)) *rig {
	t.Helper()
	r := &rig{clock: &fakeClock{time: time.Unix(1_700_000_000, 0)}, log: &syncBuffer{}, asked: &requests{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Errorf("read the request: %v", err)
		}
		r.asked.add(request{method: req.Method, path: req.URL.Path, header: req.Header, body: string(body)})
		handler(r, w, req)
	}))
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	t.Cleanup(server.Close)
	cfg := Config{
		Token: testToken, BaseURL: server.URL + "/", App: "shop", UserAgent: "migguard/test",
		Logger: slog.New(slog.NewTextHandler(r.log, nil)),
	}
	for _, f := range change {
		f(&cfg)
	}
	// One connection a request: net/http itself repeats a GET whose kept
	// connection breaks, and the attempts could not be counted.
	client, err := newClient(cfg, &http.Transport{DisableKeepAlives: true}, r.clock.clock())
	if err != nil {
		t.Fatal(err)
	}
	r.client = client
	return r
}

type request struct {
	method, path string
	header       http.Header
	body         string
}

type requests struct {
	mu  sync.Mutex
	all []request
}

func (r *requests) add(req request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, req)
}

func (r *requests) list() []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.all)
}

// A fakeClock goes on when somebody sleeps on it or lets a time limit expire.
type fakeClock struct {
	mu     sync.Mutex
	time   time.Time
	slept  []time.Duration
	limit  time.Duration
	cancel context.CancelFunc
	// onSleep, if set, is called instead of passing the time.
	onSleep func(context.Context) error
}

func (c *fakeClock) clock() clock { return clock{now: c.now, sleep: c.sleep, within: c.within} }

func (c *fakeClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.time
}

func (c *fakeClock) sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slept = append(c.slept, d)
	if c.onSleep != nil {
		return c.onSleep(ctx)
	}
	c.time = c.time.Add(d)
	return ctx.Err()
}

func (c *fakeClock) within(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.limit, c.cancel = d, cancel
	return ctx, cancel
}

// expire lets the time limit that was set last pass.
func (c *fakeClock) expire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.time = c.time.Add(c.limit)
	c.cancel()
}

func (c *fakeClock) waits() []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.slept)
}

type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// reset breaks the connection off, with RST instead of FIN.
func reset(w http.ResponseWriter) {
	conn := hijacked(w)
	conn.(*net.TCPConn).SetLinger(0)
	conn.Close()
}

// raw writes bytes in place of an answer.
func raw(w http.ResponseWriter, text string) {
	conn := hijacked(w)
	io.WriteString(conn, text)
	conn.Close()
}

func hijacked(w http.ResponseWriter) net.Conn {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(fmt.Sprintf("hijack: %v", err))
	}
	return conn
}

// answers are what the API says when nothing is wrong, by method and path.
var answers = map[string]string{
	"GET /apps/shop":                  `{"id":"a-1","name":"shop","maintenance":false,"web_url":"https://shop.example/","stack":{"name":"heroku-24"},"space":null}`,
	"PATCH /apps/shop":                `{"id":"a-1","name":"shop","maintenance":true,"web_url":null,"stack":{"name":"heroku-24"}}`,
	"GET /apps/shop/dynos":            `[{"id":"d-1","name":"web.1","type":"web","state":"up","release":{"id":"r-7","version":7},"updated_at":"2026-01-02T03:04:05Z"}]`,
	"GET /apps/shop/releases":         `[` + releaseAnswer + `]`,
	"GET /apps/shop/formation":        `[{"type":"web","quantity":2,"size":"standard-1x"}]`,
	"PATCH /apps/shop/formation":      `[{"type":"worker","quantity":0,"size":"standard-1x"}]`,
	"GET /apps/shop/features/preboot": `{"name":"preboot","enabled":true}`,
	"GET /account/rate-limits":        `{"remaining":4200}`,
}

const releaseAnswer = `{"id":"r-7","version":7,"status":"succeeded","current":true,"description":"Deploy 60883d9",` +
	`"slug":{"id":"s-7"},"created_at":"2026-01-02T03:04:05Z","updated_at":"2026-01-02T03:04:06Z"}`

// healthy answers as the API does when nothing is wrong.
func healthy(_ *rig, w http.ResponseWriter, req *http.Request) {
	answer, ok := answers[req.Method+" "+req.URL.Path]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		answer = `{"id":"not_found","message":"Couldn't find that."}`
	}
	io.WriteString(w, answer)
}

// methods are all that a Client can be asked.
var methods = []struct {
	name   string
	writes bool
	call   func(context.Context, *Client) (any, error)
}{
	{"App", false, func(ctx context.Context, c *Client) (any, error) { return c.App(ctx) }},
	{"Dynos", false, func(ctx context.Context, c *Client) (any, error) { return c.Dynos(ctx) }},
	{"Releases", false, func(ctx context.Context, c *Client) (any, error) { return c.Releases(ctx, 5) }},
	{"Formation", false, func(ctx context.Context, c *Client) (any, error) { return c.Formation(ctx) }},
	{"Preboot", false, func(ctx context.Context, c *Client) (any, error) { return c.Preboot(ctx) }},
	{"Feature", false, func(ctx context.Context, c *Client) (any, error) {
		enabled, found, err := c.Feature(ctx, "preboot")
		return [2]bool{enabled, found}, err
	}},
	{"SetMaintenance", true, func(ctx context.Context, c *Client) (any, error) { return c.SetMaintenance(ctx, true) }},
	{"Scale", true, func(ctx context.Context, c *Client) (any, error) {
		return c.Scale(ctx, map[string]int{"worker": 0})
	}},
	{"RateLimit", false, func(ctx context.Context, c *Client) (any, error) { return c.RateLimit(ctx) }},
}
