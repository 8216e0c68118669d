package cli

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/config"
	"github.com/migguard/migguard/internal/fleet"
	"github.com/migguard/migguard/internal/heroku"
)

const metadataFeature = "runtime-dyno-metadata"

func (d *diagnosis) mendToken() string { return heroku.GiveToken(d.app) }

func (d *diagnosis) mendMetadata() string {
	return d.on("labs:enable "+metadataFeature) + ", and the next release"
}

// mendBuildpack names no address: where migguard-buildpack.tgz is, its user knows.
func (d *diagnosis) mendBuildpack() string {
	return d.on("buildpacks:add --index 1 URL") + ", with the URL of migguard-buildpack.tgz, and deploy"
}

// checkPlatform goes as far as token and app lead.
func (a *app) checkPlatform(ctx context.Context, d *diagnosis, cfg config.Config) {
	token, err := a.token()
	switch {
	case err != nil:
		d.fail("token", d.mendToken(), "%v", err)
	case token == "":
		d.warn("token", d.mendToken(), "no token of the Platform API: which builds run is not known, and there is no maintenance mode")
	}
	if cfg.App == "" {
		d.warn("metadata", d.mendMetadata(), "the app's name is not known, so the Platform API cannot be asked")
	}
	if err != nil || token == "" || cfg.App == "" {
		return
	}
	client, err := a.platform(cfg)
	if err != nil {
		d.fail("token", d.mendClient(token, cfg.App), "%v", err)
		return
	}
	app, err := client.App(ctx)
	if err == nil {
		err = client.MayWrite(ctx)
	}
	if err != nil {
		d.fail("token", d.mendPlatform(err), "%v", err)
		return
	}
	d.ok("token", "it may read %s, and write to it", app.Name)
	for _, check := range []func(context.Context, *diagnosis, config.Config, *heroku.Client) error{
		checkMetadata, checkPreboot, checkBuildpacks, checkStop,
	} {
		if err := check(ctx, d, cfg, client); err != nil {
			d.fail("api", d.mendPlatform(err), "%v", err)
			return
		}
	}
}

// mendClient is the command for what cannot even be asked: it tries which of
// the three is to blame.
func (d *diagnosis) mendClient(token, app string) string {
	if _, err := heroku.New(heroku.Config{Token: token, App: app}); err == nil {
		return d.on("config:unset HEROKU_API_URL")
	}
	if _, err := heroku.New(heroku.Config{Token: token, App: "app"}); err == nil {
		return "heroku apps --all"
	}
	return d.mendToken()
}

// mendPlatform is the command for what the Platform API said.
func (d *diagnosis) mendPlatform(err error) string {
	var platform *heroku.Error
	switch {
	case !errors.As(err, &platform):
		return "heroku status"
	case platform.Unauthorized(), platform.Forbidden():
		return d.mendToken()
	case platform.NotFound():
		return "heroku apps --all"
	case platform.RateLimited():
		return d.on("run migguard doctor") + ", later"
	}
	return "heroku status"
}

func checkMetadata(ctx context.Context, d *diagnosis, _ config.Config, client *heroku.Client) error {
	on, _, err := client.Feature(ctx, metadataFeature)
	if err != nil {
		return err
	}
	if on {
		d.ok("metadata", "%s is on", metadataFeature)
	} else {
		d.warn("metadata", d.mendMetadata(), "%s is off: a dyno knows neither its app nor its release", metadataFeature)
	}
	return nil
}

func checkPreboot(ctx context.Context, d *diagnosis, _ config.Config, client *heroku.Client) error {
	preboot, err := client.Preboot(ctx)
	if err != nil {
		return err
	}
	if preboot {
		d.warn("preboot", d.on("features:disable preboot")+", unless it is wanted",
			"it is on: old web dynos serve for some minutes after a release, so shims stay and maintenance lasts as much longer")
	} else {
		d.ok("preboot", "it is off")
	}
	return nil
}

// checkBuildpacks looks at their order: the process types that an app has
// without a Procfile are the last one's, and migguard's gives none. An app
// without a list is built by other means.
func checkBuildpacks(ctx context.Context, d *diagnosis, _ config.Config, client *heroku.Client) error {
	all, err := client.Buildpacks(ctx)
	if err != nil || len(all) == 0 {
		return err
	}
	at := slices.IndexFunc(all, func(name string) bool { return strings.Contains(name, "migguard") })
	switch {
	case at < 0:
		d.fail("buildpacks", d.mendBuildpack(),
			"migguard's is none of them: %s", strings.Join(all, ", "))
	case at > 0 && at == len(all)-1:
		d.warn("buildpacks", d.on("buildpacks:remove "+all[at])+" && "+d.on("buildpacks:add --index 1 "+all[at]),
			"migguard's is the last one, of which Heroku takes the default process types, and it has none: %s", strings.Join(all, ", "))
	case len(all) == 1:
		d.warn("buildpacks", d.on("buildpacks:add heroku/LANGUAGE"),
			"migguard's is the only one, and once there is a list Heroku does not look for the app's language")
	default:
		d.ok("buildpacks", "%s", strings.Join(all, ", "))
	}
	return nil
}

// checkStop says nothing where migguard.toml stops no process type.
func checkStop(ctx context.Context, d *diagnosis, cfg config.Config, client *heroku.Client) error {
	if len(cfg.Stop) == 0 {
		return nil
	}
	formation, err := client.Formation(ctx)
	if err != nil {
		return err
	}
	for _, t := range cfg.Stop {
		if !slices.ContainsFunc(formation, func(p fleet.Process) bool { return p.Type == t }) {
			d.fail("stop", "name a process type of the Procfile in maintenance.stop of "+config.FileName, "%q is no process type of this app", t)
			return nil
		}
	}
	d.ok("stop", "maintenance stops %s", strings.Join(cfg.Stop, ", "))
	return nil
}
