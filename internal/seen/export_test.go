package seen

import (
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

// Blind is why queries that are not there may be sent.
func (c *Counted) Blind() string { return c.blind(0) }

// Young tells whether the last release is not as old as is enough.
func (c *Counted) Young() bool { return c.young }

// After is what is recorded at the run's end.
func (c *Counted) After(now pg.Seen, succeeded bool) ledger.Seen { return c.after(now, succeeded) }
