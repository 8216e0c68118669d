package bin_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCloudNative calls detect and build as the lifecycle does, twice, with the
// cached layer restored in between.
func TestCloudNative(t *testing.T) {
	t.Parallel()
	tests := map[string]func(s *site, platform, layers string) (environ, args []string){
		"API 0.10": func(s *site, platform, layers string) (environ, args []string) {
			return []string{"CNB_LAYERS_DIR=" + layers}, nil
		},
		"with arguments": func(s *site, platform, layers string) (environ, args []string) {
			return nil, []string{layers, platform, filepath.Join(s.root, "plan.toml")}
		},
	}
	for name, call := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.vendor([]byte(read(t, program)))
			s.write("Procfile", "release: migguard run\nweb: node server.js\n")
			platform, layers := filepath.Join(s.root, "platform"), filepath.Join(s.root, "layers")
			s.write(filepath.Join(platform, "env/SOURCE_VERSION"), s.sourceVer)
			environ, args := call(s, platform, layers)
			first := s.lifecycle(platform, layers, environ, args)
			stored := restore(t, layers)
			second := s.lifecycle(platform, layers, environ, args)
			if first.Build == second.Build || first.Commit != s.sourceVer || first.Version != "v0.0.0-test" {
				t.Errorf("identities: %+v and %+v", first, second)
			}
			if info, err := os.Stat(filepath.Join(layers, "migguard/bin/migguard")); err != nil || !os.SameFile(info, stored) {
				t.Error("the cached program was not used again")
			}
		})
	}
}

// lifecycle runs detect and build, and looks at the layers as the exporter and the
// launcher do.
func (s *site) lifecycle(platform, layers string, environ, args []string) identity {
	s.t.Helper()
	if err := os.MkdirAll(layers, 0o755); err != nil {
		s.t.Fatal(err)
	}
	plan := filepath.Join(s.root, "plan.toml")
	s.write(plan, "")
	environ = append(environ, "CNB_PLATFORM_DIR="+platform, "CNB_BUILDPACK_DIR="+s.buildpack,
		"CNB_TARGET_OS=linux", "CNB_TARGET_ARCH="+strings.TrimPrefix(fileName, "migguard-linux-"))
	for _, script := range []string{"detect", "build"} {
		cmd := s.command(script, args, environ...)
		cmd.Dir = s.build
		if script == "detect" {
			cmd.Env = append(cmd.Env, "CNB_BUILD_PLAN_PATH="+plan)
		} else {
			cmd.Env = append(cmd.Env, "CNB_BP_PLAN_PATH="+plan)
		}
		if r := s.run(cmd); r.status != 0 || r.stderr != "" {
			s.t.Fatalf("bin/%s: %s", script, r)
		}
	}
	if got := read(s.t, layers+"/migguard.toml"); !strings.HasPrefix(got, "[types]\nlaunch = true\ncache = true\n\n[metadata]\nversion = \"v0.0.0-test\"\nsha256 = \"") {
		s.t.Errorf("migguard.toml: %s", got)
	}
	if got := read(s.t, layers+"/build.toml"); got != "[types]\nlaunch = true\n" {
		s.t.Errorf("build.toml: %s", got)
	}
	if got := read(s.t, layers+"/build/contract.json"); !strings.Contains(got, `"scanner"`) {
		s.t.Errorf("contract.json: %s", got)
	}
	if exists(filepath.Join(s.build, ".migguard")) || exists(filepath.Join(s.build, ".profile.d")) {
		s.t.Error("the app's folder was changed")
	}
	if out, err := exec.Command(layers+"/migguard/bin/migguard", "version").Output(); err != nil || string(out) != "migguard v0.0.0-test\n" {
		s.t.Errorf("%v: %s", err, out)
	}
	for _, name := range []string{"boot", "settle"} {
		if answer := s.execD("release-12a34b56d-e78f9", layers+"/migguard/exec.d/"+name, layers+"/migguard/bin"); answer != "" {
			s.t.Errorf("exec.d sets variables: %s", answer)
		}
	}
	return s.identity(read(s.t, layers+"/build/env.launch/MIGGUARD_BUILD_FILE.override"))
}

// restore leaves of layers what the lifecycle has for the next build: the layers
// with cache = true, and no types. It returns the program that it leaves.
func restore(t *testing.T, layers string) os.FileInfo {
	t.Helper()
	for _, name := range []string{"build", "build.toml"} {
		if err := os.RemoveAll(filepath.Join(layers, name)); err != nil {
			t.Fatal(err)
		}
	}
	_, metadata, _ := strings.Cut(read(t, layers+"/migguard.toml"), "\n\n")
	if err := os.WriteFile(layers+"/migguard.toml", []byte(metadata), 0o644); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(layers + "/migguard/bin/migguard")
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// TestCloudNativeFails has nothing to install: the layer's program is missing, and
// so is what would make it part of the image.
func TestCloudNativeFails(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	layers := filepath.Join(s.root, "layers")
	cmd := s.command("build", nil, "CNB_LAYERS_DIR="+layers, "CNB_PLATFORM_DIR="+s.root)
	cmd.Dir = s.build
	r := s.run(cmd)
	if r.status == 0 || !strings.Contains(r.stderr, " !     There is no migguard program to install") {
		t.Error(r)
	}
	if exists(layers+"/migguard.toml") || exists(layers+"/migguard/bin/migguard") {
		t.Error("half a layer was left")
	}
}
