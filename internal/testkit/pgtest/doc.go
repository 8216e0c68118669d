// Package pgtest starts private PostgreSQL servers and hands out databases on
// them, for tests and for the demo.
//
// A server is a cluster of its own in a temporary folder. It listens on
// 127.0.0.1 and on a socket in that folder, asks for a password (SCRAM), has
// TLS on, and is gone without a trace when the process that started it ends,
// however that process ends: a shell holds a pipe to it and takes the cluster
// away when the pipe breaks (keeper.sh).
//
// Each process has its own servers; nothing is shared between test binaries
// but a folder that initdb filled once (see template). Copying that folder and
// starting on the copy takes a third of the time of initdb, and needs no
// protocol between processes that may be killed at any instant.
//
// Start, Stop and the databases of a Server need no test. The functions that
// take a testing.TB (Servers, Each, New) start what MIGGUARD_TEST_PG asks for:
// nothing for the newest installed major, "all" for every supported one, or a
// list such as "14,18".
//
// The package installs nothing and skips nothing: a major that was asked for
// and is not there fails the test with the command that installs it. It keeps
// no data: fsync is off, unless it is asked for, and a server that was stopped is
// removed.
package pgtest
