package herokutest

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// A Platform is a running emulator: the API, and the apps with their dynos and
// routers. Its methods may be called from any goroutine.
type Platform struct {
	URL   string // of the API, for heroku.Service.URL and HEROKU_API_URL
	Token string // the one token that the API knows

	config   Config
	id       string // in the environment of every process that it starts
	server   *http.Server
	watchdog *watchdog
	account  account
	logs     logger

	mu      sync.Mutex
	changed chan struct{} // closed when anything below changed
	apps    []*App
	calls   []Call
	armed   []*ArmedFault
	budget  budget
	errs    []error
	closing chan struct{} // closed by Close
	work    sync.WaitGroup
}

type account struct{ id, email string }

// Start starts an emulator on 127.0.0.1. Whoever starts it closes it.
func Start(config Config) (*Platform, error) {
	config = config.withDefaults()
	p := &Platform{
		Token:   "HRKU-" + newID(),
		config:  config,
		id:      newID(),
		account: account{id: newID(), email: "owner@example.com"},
		logs:    logger{to: config.Log},
		changed: make(chan struct{}),
		closing: make(chan struct{}),
		budget:  newBudget(config.Tokens, time.Now()),
	}
	if err := config.learn(); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	if p.watchdog, err = startWatchdog(p.id); err != nil {
		listener.Close()
		return nil, err
	}
	p.URL = "http://" + listener.Addr().String()
	p.server = &http.Server{Handler: p.tracked(p.handler().ServeHTTP)}
	p.work.Go(func() { _ = p.server.Serve(listener) })
	return p, nil
}

// Close kills every process, closes the API and the routers, and waits until
// all are gone. It returns [Platform.Err]: a test checks it.
func (p *Platform) Close() error {
	p.mu.Lock()
	select {
	case <-p.closing:
		p.mu.Unlock()
		p.work.Wait()
		return p.Err()
	default:
	}
	close(p.closing)
	apps := p.apps
	p.mu.Unlock()
	p.server.Close()
	for _, a := range apps {
		a.router.Close()
	}
	p.work.Wait()
	return errors.Join(p.Err(), p.watchdog.release())
}

// Err is what the emulator itself did wrong so far: answers that the API's
// schema does not allow, processes that could not be started.
func (p *Platform) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return errors.Join(p.errs...)
}

func (p *Platform) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failLocked(err)
}

// failLocked is fail for who holds mu.
func (p *Platform) failLocked(err error) { p.errs = append(p.errs, err) }

// broadcast wakes who waits for a change. mu is held.
func (p *Platform) broadcast() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// tracked makes Close wait for a handler.
func (p *Platform) tracked(handle http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		if p.isClosing() {
			p.mu.Unlock()
			reset(w)
			return
		}
		p.work.Add(1)
		p.mu.Unlock()
		defer p.work.Done()
		handle(w, r)
	})
}

// isClosing says whether Close was called.
func (p *Platform) isClosing() bool {
	select {
	case <-p.closing:
		return true
	default:
		return false
	}
}

// app finds an app by id or name. mu is held.
func (p *Platform) app(identity string) *App {
	for _, a := range p.apps {
		if a.ID == identity || a.Name == identity {
			return a
		}
	}
	return nil
}

// newID is a random UUID, version 4.
func newID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b[:])
	return fmt.Sprintf("%s-%s-%s-%s-%s", h[:8], h[8:12], h[12:16], h[16:20], h[20:])
}
