// Package herokutest is the Heroku Platform API on 127.0.0.1, with apps that
// have state and dynos that are real processes. It is for tests and the demo.
//
//	p := herokutest.StartFor(t, herokutest.Config{Contract: apischema.For(t), Log: t.Output()})
//	app, err := p.CreateApp(herokutest.AppConfig{
//		Name:       "shop",
//		ConfigVars: map[string]string{"HEROKU_API_URL": p.URL, "HEROKU_API_KEY": p.Token},
//		Features:   []string{herokutest.DynoMetadata},
//		Formation:  map[string]int{"web": 2, "worker": 1},
//	})
//	built, err := app.Build(herokutest.Build{Dir: slug, Procfile: map[string]string{
//		"release": "bin/migguard run",
//		"web":     "bin/server",
//		"worker":  "bin/worker",
//	}})
//	release, err := app.Deploy(built)
//	status, err := release.Wait(ctx) // herokutest.Succeeded or Failed
//	_, err = app.Await(ctx, herokutest.State.RolledOut)
//
// # What is as on the platform
//
// A release is pending while its release command runs in a dyno of its own. If
// that exits with 0 it becomes the current release and the dyno manager
// replaces the dynos; else the old one stays. Several may be pending at once.
//
// A dyno is bash that sources $HOME/.profile.d/*.sh and then executes the
// command, with HOME the build's folder (/app), and PORT, DYNO, PATH, config
// vars and the metadata that the app's features give. A web dyno is up when it
// listens on its port, another when its process runs. One that ends is crashed
// and starts again. Stopping sends SIGTERM to every process of the dyno and,
// after Config.Drain, SIGKILL; its last process also ends with its first.
//
// In the Common Runtime a new dyno starts as soon as the old one has its
// SIGTERM. With preboot the new web dynos boot first, while the old ones serve
// and the API no longer lists them. In a Private Space a quarter of the dynos
// of a type is replaced at a time. A draining dyno is not listed.
//
// App.RouterURL is where the app answers: 503 under maintenance (H80), when
// its dynos are crashed (H10) or none (H14); a request waits for a dyno that
// starts. Maintenance mode leaves all dynos alone.
//
// # What the schema is for
//
// Each answer, and each request, is compared with the schema.json that comes
// with heroku-go v5.5.0: fields, types, formats, and no field that it does not
// know but for the additions of package apischema. A request that differs gets 422. An
// answer of ours that differs becomes a 500 with the reason, and
// [Platform.Err] and Close return it.
//
// # Faults
//
// [Platform.Fault] makes calls go wrong: [Fault] says which, how often, how.
// [Platform.Calls] lists what was called.
//
//	lost := p.Fault(herokutest.Fault{Kind: herokutest.AnswerLost, Method: "PATCH", Path: `/apps/shop$`})
//	defer lost.Remove()
//
// # Where the platform's behaviour is not documented
//
// Of two overlapping releases the newer one wins. A config change after a
// failed release carries the current release's build, or the failed one's with
// AppConfig.RetryFailed. A dyno started after a failed config change has the
// config vars of the current release. Preboot ends when its time is over and
// the new dynos are up, or have had BootTimeout for it.
package herokutest
