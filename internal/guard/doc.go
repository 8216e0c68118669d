// Package guard is the relay between a migration runner and its database. It
// speaks PostgreSQL's frontend/backend protocol 3.0 to the runner on a
// loopback address, speaks it again to the real server, and asks a Gate about
// every SQL text on its way.
//
// What the Gate does not want is relayed byte for byte, in bounded memory.
// What it wants is taken over: the guard waits until the server has answered
// everything sent before, lends the session's own server connection to the
// Gate, and answers the runner in the protocol the runner used. After a
// refusal runner and server agree on the transaction's state.
//
// The package knows no SQL beyond BEGIN, COMMIT and ROLLBACK, keeps nothing
// on disk, and opens no connection of its own: the caller gives it a listener
// and a dialer.
package guard
