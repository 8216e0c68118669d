package herokutest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A Call is one request that the API has got, for tests that count.
type Call struct {
	Method string
	Path   string
	Status int // 0: no answer reached the client
	Fault  Kind
	At     time.Time // when it came
}

// Calls lists the requests answered so far, by the end of the answer.
func (p *Platform) Calls() []Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Call(nil), p.calls...)
}

// An apiError is an answer that is not what was asked for.
type apiError struct {
	status  int
	id      string
	message string
}

func (e *apiError) Error() string { return e.id + ": " + e.message }

func notFound(what string) *apiError {
	return &apiError{http.StatusNotFound, "not_found", "Couldn't find that " + what + "."}
}

func invalid(format string, args ...any) *apiError {
	return &apiError{http.StatusUnprocessableEntity, "invalid_params", fmt.Sprintf(format, args...)}
}

// A request is one call as its handler sees it.
type request struct {
	*http.Request
	p      *Platform
	app    *App
	state  State // of app, older than it is when a fault says so
	body   []byte
	header http.Header // of the answer
	status int         // of the answer
	sdk    bool        // version 3.sdk of the API is asked for
}

// decode reads the body, which the schema has been compared with.
func (r *request) decode(into any) error {
	if err := json.Unmarshal(r.body, into); err != nil {
		return invalid("The body is not what this call takes: %v.", err)
	}
	return nil
}

// handler routes the calls of the API and what else is on its address.
func (p *Platform) handler() http.Handler {
	mux := http.NewServeMux()
	for _, to := range routes {
		mux.HandleFunc(to.method+" "+to.path, func(w http.ResponseWriter, r *http.Request) {
			p.serve(w, r, to)
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		p.serve(w, r, nowhere)
	})
	mux.HandleFunc("GET /streams/{release}", p.serveOutput)
	return mux
}

// nowhere is what all paths lead to that the emulator does not know.
var nowhere = route{serve: func(*request) (any, error) {
	return nil, &apiError{http.StatusNotFound, "not_found", "The requested API endpoint was not found. Are you using the right HTTP verb and path?"}
}}

// serve answers one call, or does not, as an armed fault wants it.
func (p *Platform) serve(w http.ResponseWriter, r *http.Request, to route) {
	fault := p.takeFault(r.Method, r.URL.Path)
	came := time.Now()
	w.Header().Set("Request-Id", newID())
	status := p.answer(w, r, to, fault)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, Call{r.Method, r.URL.Path, status, fault.Kind, came})
	p.broadcast()
}

// answer returns the status that the client got, 0 for none.
func (p *Platform) answer(w http.ResponseWriter, r *http.Request, to route, fault Fault) int {
	if fault.instead() {
		return p.misbehave(w, r, fault)
	}
	header := make(http.Header)
	status, body := p.respond(r, to, fault, header)
	if fault.Kind == AnswerLost {
		return reset(w)
	}
	for name, values := range header {
		w.Header()[name] = values
	}
	return write(w, status, "application/json;charset=utf-8", body)
}

// respond does what the call asks for.
func (p *Platform) respond(r *http.Request, to route, fault Fault, header http.Header) (int, []byte) {
	req := &request{Request: r, p: p, header: header, status: to.status}
	var document any
	err := p.admit(req, to)
	if err == nil {
		err = p.find(req, fault)
	}
	if err == nil {
		document, err = to.serve(req)
	}
	var refusal *apiError
	if errors.As(err, &refusal) {
		return refusal.status, errorBody(refusal)
	}
	body, marshalErr := json.Marshal(document)
	if err = errors.Join(err, marshalErr); err == nil && p.config.Contract != nil {
		err = p.config.Contract.CheckResponse(to.method, to.path, body)
	}
	if err != nil {
		p.fail(err)
		return http.StatusInternalServerError, errorBody(&apiError{id: "herokutest", message: err.Error()})
	}
	return req.status, body
}

// admit reads a request, and refuses those that the API would not look at.
func (p *Platform) admit(r *request, to route) error {
	if err := p.authorize(r, to); err != nil {
		return err
	}
	version := r.Header.Get("Accept")
	r.sdk = strings.Contains(version, "version=3.sdk")
	if !strings.Contains(version, "application/vnd.heroku+json") || !strings.Contains(version, "version=3") {
		return &apiError{http.StatusNotAcceptable, "not_acceptable", "Accept has to be application/vnd.heroku+json; version=3."}
	}
	var err error
	if r.body, err = io.ReadAll(r.Body); err != nil {
		return &apiError{http.StatusBadRequest, "bad_request", "The body ended early."}
	}
	if p.config.Contract == nil || to.method == "" {
		return nil
	}
	if err := p.config.Contract.CheckRequest(to.method, to.path, r.body); err != nil {
		return invalid("%v", err)
	}
	return nil
}

// authorize checks the token and takes one request from the budget.
func (p *Platform) authorize(r *request, to route) error {
	if r.Header.Get("Authorization") != "Bearer "+p.Token {
		return &apiError{http.StatusUnauthorized, "unauthorized", "Invalid credentials provided."}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	ok := to.free || p.budget.take(time.Now())
	r.header.Set("RateLimit-Remaining", strconv.Itoa(p.budget.remaining(time.Now())))
	if !ok {
		r.header.Set("Retry-After", "1")
		return rateLimited
	}
	return nil
}

var rateLimited = &apiError{http.StatusTooManyRequests, "rate_limit", "Your account reached the API rate limit. Please wait a few minutes before making new requests."}

// find looks up the app that the path names, as it is or as it was.
func (p *Platform) find(r *request, fault Fault) error {
	identity := r.PathValue("app")
	if identity == "" {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.app = p.app(identity); r.app == nil {
		return notFound("app")
	}
	r.state = r.app.state.clone()
	if fault.Kind == Stale {
		r.state = r.app.asOf(fault.since(time.Now()))
	}
	return nil
}

func errorBody(e *apiError) []byte {
	body, _ := json.Marshal(map[string]string{"id": e.id, "message": e.message}) // two strings
	return body
}

func write(w http.ResponseWriter, status int, contentType string, body []byte) int {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may be gone
	return status
}
