// Package ledger keeps migguard's own tables: which builds were released, what
// was done to each statement, which shims stand and who has to take them down.
// They live in the schema migguard of the application's database, so they are
// there, and right, wherever and however often a release command runs.
//
// A Ledger is one direct session. Lock makes it the only run at a time; what
// belongs together is one transaction, so a kill at any instant leaves a state
// that the next run understands: an unfinished release is a row that says
// "running" while nobody holds the lock.
//
// Rows about a migration's effects (shims, created objects) are written by the
// migration's own session, inside its transaction, so that they become true
// together with it. The package only builds that SQL (RecordShimSQL and its
// neighbours); the caller executes it.
//
// It refuses to create anything before it holds the lock, to touch a view it
// cannot recognise as its own, and to count a run of an unknown build as newer
// than another.
package ledger
