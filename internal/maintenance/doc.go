// Package maintenance turns an app's maintenance mode on and off again, and
// stops process types meanwhile, so that both always come to their end.
//
// A Machine takes a period through the states of ledger.Period: Enter, Drain,
// Leave. Each state is committed before the Platform API is asked for what it
// announces, every step can be done twice, and any process can go on where
// another one was killed: it reads the open period and calls Enter or Leave.
//
// It refuses to turn off what was on before or what a person turned on, to
// overwrite somebody's own scaling, and to take silence for an answer: a
// condition that it cannot look at has not come true.
package maintenance
