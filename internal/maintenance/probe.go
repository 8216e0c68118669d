package maintenance

import (
	"context"
	"net/http"
	"time"
)

// probeTimeout bounds one question to the router.
const probeTimeout = 5 * time.Second

// prober asks on a new connection each time, so that it meets different
// routers, and takes the first answer: a page may redirect.
var prober = &http.Client{
	Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Timeout:       probeTimeout,
}

func (m *Machine) probe(ctx context.Context, url string) (status int, err error) {
	if m.Probe == nil {
		return probeHTTP(ctx, url)
	}
	return m.Probe(ctx, url)
}

func probeHTTP(ctx context.Context, url string) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	resp, err := prober.Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}
