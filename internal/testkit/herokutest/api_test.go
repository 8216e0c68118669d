package herokutest

import (
	"errors"
	"testing"

	heroku "github.com/heroku/heroku-go/v5"
)

// TestEveryCall makes each call of the API once with heroku-go. That an answer
// keeps to the schema is checked by the platform itself.
func TestEveryCall(t *testing.T) {
	t.Parallel()
	p := start(t, Config{})
	app, api := create(t, p, AppConfig{ConfigVars: map[string]string{"A": "1"}})
	r := deploy(t, app, build(t, app, map[string]string{"web": web, "worker": worker, "release": "true"}))
	ctx := limit(t)
	dynos, err := api.DynoList(ctx, "shop", nil)
	if err != nil || len(dynos) != 1 || dynos[0].Name != "web.1" || dynos[0].State != Up {
		t.Fatalf("dynos: %+v, %v", dynos, err)
	}
	call := func(name string, f func() error) {
		if err := f(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	call("account", func() error { _, err := api.AccountInfo(ctx); return err })
	call("rate limit", func() error {
		limit, err := api.RateLimitInfo(ctx)
		if limit.Remaining < 4000 {
			t.Errorf("%d tokens remain", limit.Remaining)
		}
		return err
	})
	call("maintenance", func() error {
		a, err := api.AppUpdate(ctx, "shop", heroku.AppUpdateOpts{Maintenance: heroku.Bool(true)})
		if !a.Maintenance || !app.State().Maintenance {
			t.Error("maintenance is off")
		}
		return err
	})
	call("app", func() error {
		a, err := api.AppInfo(ctx, app.ID)
		if a.Name != "shop" || !a.Maintenance || a.WebURL != app.RouterURL+"/" || a.Stack.Name != "heroku-24" {
			t.Errorf("app: %+v", a)
		}
		return err
	})
	call("config vars", func() error { _, err := api.ConfigVarInfoForApp(ctx, "shop"); return err })
	call("release's config vars", func() error {
		vars, err := api.ConfigVarInfoForAppRelease(ctx, "shop", r.ID)
		if err == nil && *vars["A"] != "1" {
			t.Errorf("A is %s", *vars["A"])
		}
		return err
	})
	call("features", func() error { _, err := api.AppFeatureList(ctx, "shop", nil); return err })
	call("set feature", func() error {
		f, err := api.AppFeatureUpdate(ctx, "shop", Preboot, heroku.AppFeatureUpdateOpts{Enabled: true})
		if !f.Enabled {
			t.Error("preboot is off")
		}
		return err
	})
	call("feature", func() error { _, err := api.AppFeatureInfo(ctx, "shop", Preboot); return err })
	call("dyno", func() error { _, err := api.DynoInfo(ctx, "shop", "web.1"); return err })
	call("create dyno", func() error {
		_, err := api.DynoCreate(ctx, "shop", heroku.DynoCreateOpts{Command: "true", TimeToLive: heroku.Int(60)})
		return err
	})
	call("stop dyno", func() error { _, err := api.DynoStop(ctx, "shop", "web.1"); return err })
	call("restart dyno", func() error { _, err := api.DynoRestart(ctx, "shop", "web.1"); return err })
	call("restart dynos", func() error { _, err := api.DynoRestartAll(ctx, "shop"); return err })
	call("formation", func() error {
		f, err := api.FormationList(ctx, "shop", nil)
		if len(f) != 3 {
			t.Errorf("formation: %+v", f)
		}
		return err
	})
	call("process", func() error { _, err := api.FormationInfo(ctx, "shop", "worker"); return err })
	call("scale", func() error {
		_, err := api.FormationUpdate(ctx, "shop", "worker", heroku.FormationUpdateOpts{Quantity: heroku.Int(2)})
		return err
	})
	call("scale all", func() error {
		var opts heroku.FormationBatchUpdateOpts
		opts.Updates = append(opts.Updates, struct {
			Quantity *int    `json:"quantity,omitempty" url:"quantity,omitempty,key"`
			Size     *string `json:"size,omitempty" url:"size,omitempty,key"`
			Type     string  `json:"type" url:"type,key"`
		}{Quantity: heroku.Int(1), Type: "worker"})
		_, err := api.FormationBatchUpdate(ctx, "shop", opts)
		return err
	})
	call("release", func() error { _, err := api.ReleaseInfo(ctx, "shop", "2"); return err })
	call("slug", func() error {
		s, err := api.SlugInfo(ctx, "shop", r.artifact.ID)
		if err == nil && (*s.Commit != r.artifact.Commit || s.ProcessTypes["worker"] != worker) {
			t.Errorf("slug: %+v", s)
		}
		return err
	})
	call("roll back", func() error {
		_, err := api.ReleaseRollback(ctx, "shop", heroku.ReleaseRollbackOpts{Release: r.ID})
		return err
	})
	call("retry", func() error {
		_, err := api.ReleaseCreate(ctx, "shop", heroku.ReleaseCreateOpts{Slug: r.artifact.ID})
		return err
	})
	call("set config var", func() error {
		_, err := api.ConfigVarUpdate(ctx, "shop", map[string]*string{"B": heroku.String("2"), "A": nil})
		return err
	})
	if vars := app.State().ConfigVars; vars["B"] != "2" || vars["A"] != "" {
		t.Errorf("config vars: %v", vars)
	}
	for _, c := range p.Calls() {
		if c.Status < 200 || c.Status > 299 {
			t.Errorf("%+v", c)
		}
	}
}

// TestReleaseList asks for releases in the orders that clients ask for them.
func TestReleaseList(t *testing.T) {
	t.Parallel()
	p := start(t, Config{})
	app, api := create(t, p, AppConfig{})
	for _, name := range []string{"A", "B", "C", "D"} {
		if _, err := app.SetConfig(name, "x"); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		page heroku.ListRange
		want []int
	}{
		{heroku.ListRange{Field: "version", Descending: true, Max: 2}, []int{5, 4}},
		{heroku.ListRange{Field: "version", Max: 1000}, []int{1, 2, 3, 4, 5}},
		{heroku.ListRange{Field: "version", FirstID: "]2", Max: 2}, []int{3, 4}},
		{heroku.ListRange{Field: "version", FirstID: "2", LastID: "3"}, []int{2, 3}},
		{heroku.ListRange{Field: "version", FirstID: "]4", LastID: "2", Descending: true}, []int{3, 2}},
	}
	for _, test := range tests {
		releases, err := api.ReleaseList(limit(t), "shop", &test.page)
		if err != nil {
			t.Fatal(err)
		}
		ok := len(releases) == len(test.want)
		for i := 0; ok && i < len(releases); i++ {
			ok = releases[i].Version == test.want[i]
		}
		if !ok {
			t.Errorf("%+v: %+v, want versions %v", test.page, releases, test.want)
		}
	}
	_, err := api.ReleaseList(limit(t), "shop", &heroku.ListRange{Field: "description"})
	wantError(t, err, 416, "requested_range_not_satisfiable")
}

// TestRefusals makes calls that the API refuses.
func TestRefusals(t *testing.T) {
	t.Parallel()
	p := start(t, Config{})
	_, api := create(t, p, AppConfig{})
	ctx := limit(t)
	_, err := api.AppInfo(ctx, "other")
	wantError(t, err, 404, "not_found")
	_, err = api.ReleaseInfo(ctx, "shop", "9")
	wantError(t, err, 404, "not_found")
	_, err = api.FormationUpdate(ctx, "shop", "web", heroku.FormationUpdateOpts{})
	wantError(t, err, 404, "not_found")
	_, err = api.DynoCreate(ctx, "shop", heroku.DynoCreateOpts{Command: "true"})
	wantError(t, err, 422, "invalid_params")
	wantError(t, api.Patch(ctx, nil, "/apps/shop", map[string]any{"maintenance": "yes"}), 422, "invalid_params")
	wantError(t, api.Patch(ctx, nil, "/apps/shop", map[string]any{"maintenence": true}), 422, "invalid_params")
	wantError(t, api.Get(ctx, nil, "/apps/shop/spaces", nil, nil), 404, "not_found")
	_, err = client(t, &Platform{URL: p.URL, Token: "other"}).AppInfo(ctx, "shop")
	wantError(t, err, 401, "unauthorized")
}

func wantError(t *testing.T, err error, status int, id string) {
	t.Helper()
	var apiErr heroku.Error
	if !errors.As(err, &apiErr) || apiErr.StatusCode != status || apiErr.ID != id {
		t.Errorf("got %v, want %d %s", err, status, id)
	}
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	p := start(t, Config{Tokens: 2})
	_, api := create(t, p, AppConfig{})
	for range 2 {
		if _, err := api.AppInfo(limit(t), "shop"); err != nil {
			t.Fatal(err)
		}
	}
	_, err := api.AppInfo(limit(t), "shop")
	wantError(t, err, 429, "rate_limit")
	if _, err := api.RateLimitInfo(limit(t)); err != nil {
		t.Errorf("the rate limit itself is free: %v", err)
	}
}
