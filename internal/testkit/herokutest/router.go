package herokutest

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"
)

// The router's own answers, all with status 503.
var (
	appCrashed      = routerError{"H10", "App crashed", "error"}
	connectionLost  = routerError{"H13", "Connection closed without response", "error"}
	noWebDynos      = routerError{"H14", "No web processes running", "error"}
	bootTimeout     = routerError{"H20", "App boot timeout", "error"}
	maintenanceMode = routerError{"H80", "Maintenance mode", "info"}
)

type routerError struct{ code, description, level string }

// startRouter opens the app's address.
func (a *App) startRouter() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("router of %s: %w", a.Name, err)
	}
	a.RouterURL = "http://" + listener.Addr().String()
	var turn atomic.Uint64
	a.router = &http.Server{
		Handler: a.p.tracked(func(w http.ResponseWriter, r *http.Request) {
			a.routeRequest(w, r, turn.Add(1))
		}),
		ErrorLog: log.New(io.Discard, "", 0),
	}
	a.p.work.Go(func() { _ = a.router.Serve(listener) })
	return nil
}

// routeRequest hands a request to a web dyno. While dynos are being swapped it
// waits for one, as the platform's router does.
func (a *App) routeRequest(w http.ResponseWriter, r *http.Request, turn uint64) {
	var refusal *routerError
	var ready []DynoInfo
	settled := a.p.until(a.p.config.BootTimeout, func() bool {
		ready, refusal = a.serving()
		return refusal != nil || len(ready) > 0 || r.Context().Err() != nil
	})
	switch {
	case !settled:
		a.refuse(w, r, bootTimeout)
	case refusal != nil:
		a.refuse(w, r, *refusal)
	case len(ready) > 0:
		a.forward(w, r, ready[turn%uint64(len(ready))])
	}
}

// serving lists the dynos that requests go to, or says why there are none and
// none will be. mu is held.
func (a *App) serving() (ready []DynoInfo, refusal *routerError) {
	if a.state.Maintenance && time.Since(a.turned) >= a.p.config.MaintenanceLag ||
		!a.state.Maintenance && time.Since(a.turned) < a.p.config.MaintenanceLag {
		return nil, &maintenanceMode
	}
	starting, crashed := 0, 0
	for _, d := range a.state.Dynos {
		if d.Type != webType || d.OneOff || d.Draining {
			continue
		}
		switch {
		case d.State == Crashed:
			crashed++
		case d.Serving && d.State == Up:
			ready = append(ready, d)
		default:
			starting++
		}
	}
	switch {
	case len(ready) > 0 || starting > 0:
		return ready, nil
	case crashed > 0:
		return nil, &appCrashed
	}
	return nil, &noWebDynos
}

func (a *App) forward(w http.ResponseWriter, r *http.Request, to DynoInfo) {
	target := &url.URL{Scheme: "http", Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(to.Port))}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(request *httputil.ProxyRequest) {
			request.SetURL(target)
			request.SetXForwarded()
			request.Out.Host = request.In.Host
		},
		ModifyResponse: func(answer *http.Response) error {
			a.logRequest(r, "info", "", to.Name, answer.StatusCode)
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, _ error) {
			a.refuse(w, r, connectionLost)
		},
		ErrorLog: log.New(io.Discard, "", 0),
	}
	proxy.ServeHTTP(w, r)
}

func (a *App) refuse(w http.ResponseWriter, r *http.Request, e routerError) {
	code := fmt.Sprintf(" code=%s desc=%q", e.code, e.description)
	a.logRequest(r, e.level, code, "", http.StatusServiceUnavailable)
	write(w, http.StatusServiceUnavailable, "text/html; charset=utf-8", []byte(htmlError))
}

func (a *App) logRequest(r *http.Request, level, code, dyno string, status int) {
	a.p.logs.printf("heroku", "router", "at=%s%s method=%s path=%q host=%s fwd=%q dyno=%s status=%d protocol=http",
		level, code, r.Method, r.URL.RequestURI(), r.Host, "127.0.0.1", dyno, status)
}
