// Package deploysim plays one Heroku deploy against a real PostgreSQL and
// counts what the code that is still running suffers from its migration.
//
// Old dynos are processes of their own that keep their connections busy with a
// declared [Workload]. The release phase runs the migration, bare or guarded,
// while they work. When it succeeds new dynos boot with the new workload, and
// only then do the old ones get SIGTERM, so the period between the migration's
// COMMIT and the exit of the last old dyno, the window, is as real as on the
// platform. When it fails nothing boots and the old dynos go on, as on the
// platform. At the end every write a dyno was told had succeeded is looked up
// in the database.
//
// The package does not judge a migration, starts no PostgreSQL server and talks
// to no platform (its package platform does, for tests, and its package dynos is a
// [Host] that does, for the demo); it knows SQL, processes and clocks. It refuses
// to verify what it cannot know: the writes of a dyno that was killed, and writes
// whose answer was lost with a connection, are left out of the comparison and
// reported as such.
//
// # Processes
//
// A dyno is the running binary, started again as
//
//	BINARY demo-dyno NAME [ADDRESS]
//
// so its main function (or TestMain) has to hand over to [WorkerMain] when its
// first argument is [WorkerArg]. The first JSON value on the dyno's standard
// input is its configuration, database URL included, which therefore shows in
// no process list. Standard input then stays open: its end is the sign that the
// parent is gone, and the dyno aborts, so no dyno outlives a killed parent.
// On standard output the dyno writes one JSON value a line: "ready" when all
// its connections are open, "progress" every 50 ms, and, after SIGTERM has let
// the running statements finish, "done" with its totals; "failed" if it could
// not work at all. Where a [Host] has started it, both are one connection to the
// address, and its first value is "hello".
package deploysim
