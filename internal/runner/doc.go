// Package runner finds the application's own migration command and runs it
// against the guard: it detects the command ([Find]) or takes it from the
// command line ([FromArgs]), points every connection string the command could
// use at the guard ([Redirect]), and runs it as a child process or, for plain
// SQL folders, in this process with the goose library ([Command.Run]).
//
// It refuses to guess. Two plausible commands are an [AmbiguousError], none is
// a [NotFoundError], a folder that belongs to another tool's bookkeeping is an
// [OwnerError]. It does not look at what a migration does: that is the guard's
// and the judge's work. Connection strings hold passwords, so their values
// appear in no error and no text of this package.
package runner
