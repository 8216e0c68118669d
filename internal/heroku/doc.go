// Package heroku asks the Platform API about one app, and switches the two
// things of it that migguard may switch: maintenance mode and the formation's
// quantities. It answers in fleet's words.
//
// It stands on heroku-go for requests and payloads, with a transport of its own
// below heroku.Transport, because heroku-go loses the status of an answer that
// is not JSON, prints warnings to the global log, and repeats a PATCH without
// its body. Every call that this package makes is safe to repeat: reads, and
// PATCHes that set fixed values. It never creates a release, a dyno or a config
// var.
//
// What an answer leaves out that a decision hangs on (a dyno's state, whether
// maintenance is on) makes the answer an error: missing is not false, and null
// is not an empty list.
package heroku
