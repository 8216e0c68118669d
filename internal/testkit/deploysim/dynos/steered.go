package dynos

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/migguard/migguard/internal/testkit/deploysim"
)

const (
	// steeredWithin bounds the wait for what dynos do in their first second.
	steeredWithin = time.Minute
	askEvery      = 100 * time.Millisecond
)

// awaitSteered waits until migguard takes it for proven that all dynos of the old
// build look into its overlay schema first.
func (h *Host) awaitSteered(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, steeredWithin)
	defer cancel()
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for last := ""; ; {
		why, err := h.notSteered(ctx)
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("no dyno is steered after %s: %s", steeredWithin, last)
		case err != nil:
			return err
		case why == "":
			return nil
		}
		last = why
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// notSteered is what "migguard status" says against it.
func (h *Host) notSteered(ctx context.Context) (string, error) {
	cmd := exec.CommandContext(ctx, h.config.Migguard, "status", "--format", "json", "--app", appName)
	cmd.Dir = h.dir
	for name, value := range h.configVars() {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Env = append(cmd.Env, "PATH="+os.Getenv("PATH"))
	answer, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("migguard status: %w", err)
	}
	var status struct {
		Running struct {
			Steering []struct {
				Build, Overlay string
				Why            string `json:"not_proven"`
			}
		}
	}
	if err := json.Unmarshal(answer, &status); err != nil {
		return "", fmt.Errorf("migguard status: %w", err)
	}
	for _, s := range status.Running.Steering {
		if s.Build != deploysim.OldBuild || s.Overlay == "" {
			return fmt.Sprintf("build %q: %s", s.Build, s.Why), nil
		}
	}
	if len(status.Running.Steering) == 0 {
		return "no build runs", nil
	}
	return "", nil
}
