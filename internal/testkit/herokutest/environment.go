package herokutest

import (
	"cmp"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// An environment is a dyno's, with the mark that tells its processes from all
// others of the machine.
type environment struct {
	variables []string
	mark      string
}

// markVariable is in the environment of each process of each dyno: the ids of
// platform and dyno.
const markVariable = "HEROKUTEST_DYNO"

// environment is what the processes of the dyno see: nothing of ours but the
// PATH, config vars, metadata where the app has it, and what the platform
// always sets.
func (d *dyno) environment(port int) environment {
	a := d.app
	home := d.release.artifact.Dir
	env := map[string]string{"LANG": "C.UTF-8", "TMPDIR": os.TempDir()}
	maps.Copy(env, d.release.env)
	maps.Copy(env, d.metadata())
	maps.Copy(env, d.env)
	maps.Copy(env, map[string]string{
		"HOME": home, "PWD": home, "DYNO": d.name, "PORT": strconv.Itoa(port),
		"PATH": filepath.Join(home, "bin") + ":" + cmp.Or(d.release.env["PATH"], os.Getenv("PATH")),
	})
	mark := markVariable + "=" + a.p.id + "/" + d.id
	variables := []string{mark}
	for name, value := range env {
		variables = append(variables, name+"="+value)
	}
	return environment{variables, mark}
}

// metadata are the variables of the features that were on when the release was
// made.
func (d *dyno) metadata() map[string]string {
	a, env := d.app, make(map[string]string)
	if d.release.features[DynoMetadata] {
		env["HEROKU_APP_ID"] = a.ID
		env["HEROKU_APP_NAME"] = a.Name
		env["HEROKU_APP_DEFAULT_DOMAIN_NAME"] = a.RouterURL[len("http://"):]
		env["HEROKU_RELEASE_CREATED_AT"] = d.release.created.UTC().Format(time.RFC3339)
		env["HEROKU_RELEASE_VERSION"] = "v" + strconv.Itoa(d.release.Version)
		if a.config.Space == "" && a.config.stack() != stackContainer {
			env["HEROKU_DYNO_ID"] = d.id
		}
		if a.config.hasSlugs() {
			env["HEROKU_SLUG_COMMIT"] = d.release.artifact.Commit
			env["HEROKU_SLUG_DESCRIPTION"] = "Deploy " + d.release.artifact.Commit[:8]
		}
	}
	if d.release.features[BuildMetadata] {
		env["HEROKU_BUILD_COMMIT"] = d.release.artifact.Commit
		env["HEROKU_BUILD_DESCRIPTION"] = ""
	}
	return env
}
