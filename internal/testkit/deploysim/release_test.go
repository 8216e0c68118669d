package deploysim

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestCommandPassesStatusAndEnvironment(t *testing.T) {
	phase := Phase{Dir: t.TempDir(), URL: "postgres://127.0.0.1/app"}
	t.Setenv("DATABASE_URL", "postgres://elsewhere/other")
	t.Setenv("PGHOST", "elsewhere")
	for _, tc := range []struct {
		script string
		exit   int
		output string
	}{
		{`echo "$DATABASE_URL$PGHOST"`, 0, phase.URL + "\n"},
		{`pwd`, 0, phase.Dir + "\n"},
		{`echo "$STAGE" >&2; exit 77`, 77, "release\n"},
		{`kill -9 $$`, 137, ""},
	} {
		var out bytes.Buffer
		exit, err := Command(&out, []string{"STAGE=release"}, "sh", "-c", tc.script)(t.Context(), phase)
		if err != nil || exit != tc.exit || out.String() != tc.output {
			t.Errorf("%s: exit %d, output %q, error %v", tc.script, exit, out.String(), err)
		}
	}
}

func TestCommandThatCannotRun(t *testing.T) {
	t.Parallel()
	_, err := Command(nil, nil, filepath.Join(t.TempDir(), "absent"))(t.Context(), Phase{})
	var exit *exec.ExitError
	if err == nil || errors.As(err, &exit) {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Command(nil, nil, "sleep", "60")(ctx, Phase{}); !errors.Is(err, context.Canceled) {
		t.Errorf("after cancel: %v", err)
	}
}
