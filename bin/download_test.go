package bin_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

// serve answers every request by handler; asked counts them.
func serve(t *testing.T, handler http.HandlerFunc) (base string, asked *atomic.Int32) {
	t.Helper()
	asked = new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		handler(w, r)
	}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL, asked
}

// wholeFile answers as a release page does: by a redirect to the file.
func wholeFile(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/v1/" + fileName:
		http.Redirect(w, r, "/store/1", http.StatusFound)
	case "/store/1":
		_, _ = w.Write([]byte(standIn))
	default:
		http.NotFound(w, r)
	}
}

// half sends the first half of the file, of the whole file's length.
func half(w http.ResponseWriter) {
	w.Header().Set("Content-Length", "100")
	_, _ = w.Write([]byte(standIn[:50]))
	_ = http.NewResponseController(w).Flush()
}

// TestDownload fetches the program once; the second build takes it from the
// cache.
func TestDownload(t *testing.T) {
	t.Parallel()
	base, asked := serve(t, wholeFile)
	s := newSite(t)
	s.pin(base+"/v1", []byte(standIn))
	s.wantSuccess(s.compile())
	if got := read(t, filepath.Join(s.build, ".migguard/bin/migguard")); got != standIn {
		t.Errorf("installed %q", got)
	}
	before := asked.Load()
	r := s.compile()
	s.wantSuccess(r)
	if asked.Load() != before || !strings.Contains(r.stdout, "from the build cache") {
		t.Errorf("%d requests by the second build: %s", asked.Load()-before, r)
	}
	s.write(filepath.Join(s.cache, "migguard/bin/migguard"), standIn+"# spoilt")
	s.wantSuccess(s.compile())
	if asked.Load() == before {
		t.Error("a spoilt cache was used")
	}
}

// TestMirror fetches from the config var's address, which may hold a password.
func TestMirror(t *testing.T) {
	t.Parallel()
	base, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if name, password, _ := r.BasicAuth(); name != "builder" || password != "s3cr3t-word" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		wholeFile(w, r)
	})
	withPassword := strings.Replace(base, "://", "://builder:s3cr3t-word@", 1)
	for _, test := range []struct{ path, failure string }{{"/v1/", ""}, {"/v0", "404"}} {
		s := newSite(t)
		s.pin("http://127.0.0.1:1/nobody-listens", []byte(standIn))
		s.write(filepath.Join(s.env, "MIGGUARD_DOWNLOAD_URL"), withPassword+test.path)
		r := s.compile()
		if test.failure == "" {
			s.wantSuccess(r)
		} else {
			s.wantFailure(r, test.failure)
		}
		if strings.Contains(r.stdout+r.stderr, "s3cr3t") || !strings.Contains(r.stdout, base) {
			t.Errorf("the log has the password, or not the address: %s", r)
		}
	}
}

// TestDownloadFails in every way; each time nothing is installed.
func TestDownloadFails(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		handler http.HandlerFunc
		want    string
	}{
		"other file": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(standIn + "#")) },
			"has another SHA-256 than buildpack.toml pins"},
		"not found":  {http.NotFound, "404"},
		"cut":        {func(w http.ResponseWriter, _ *http.Request) { half(w) }, "could not be downloaded"},
		"hangs":      {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "timed out"},
		"hangs half": {func(w http.ResponseWriter, r *http.Request) { half(w); <-r.Context().Done() }, "timed out"},
		"to a file": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		}, "could not be downloaded"},
		"in circles":    {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/again", http.StatusFound) }, "could not be downloaded"},
		"always broken": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, "502"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base, _ := serve(t, test.handler)
			s := newSite(t)
			s.pin(base, []byte(standIn))
			s.write(filepath.Join(s.env, "MIGGUARD_DOWNLOAD_TIMEOUT"), "2")
			s.wantFailure(s.compile(), test.want, "Nothing was installed")
			if files := programs(s.cache); len(files) != 0 {
				t.Errorf("left in the cache: %s", files)
			}
		})
	}
}

// programs lists what stands in the cache where the program goes.
func programs(cache string) []string {
	files, _ := filepath.Glob(filepath.Join(cache, "migguard/bin/*"))
	hidden, _ := filepath.Glob(filepath.Join(cache, "migguard/bin/.migguard*"))
	return append(files, hidden...)
}

// TestMirrorIsNoAddress gives texts that would be more than an address where
// curl reads it.
func TestMirrorIsNoAddress(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"ftp://x/", "/etc", "http://x\"\noutput = \"/tmp/y", `http://x\`} {
		s := newSite(t)
		s.pin("http://127.0.0.1:1", []byte(standIn))
		s.write(filepath.Join(s.env, "MIGGUARD_DOWNLOAD_URL"), url)
		s.wantFailure(s.compile(), "no http or https address")
	}
}

// TestKilled ends a build by SIGKILL while it downloads; the next one finds
// nothing that is in its way.
func TestKilled(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{})
	whole := make(chan struct{})
	base, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-whole:
			wholeFile(w, r)
		default:
			half(w)
			arrived <- struct{}{}
			<-r.Context().Done()
		}
	})
	s := newSite(t)
	s.pin(base+"/v1", []byte(standIn))
	cmd := s.compileCommand()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-arrived
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	s.wantFailure(result{status: cmd.ProcessState.ExitCode()})
	if exists(filepath.Join(s.cache, "migguard/bin/migguard")) {
		t.Error("half a program is in the cache")
	}
	close(whole)
	s.wantSuccess(s.compile())
	if files := programs(s.cache); len(files) != 1 {
		t.Errorf("in the cache: %s", files)
	}
}
