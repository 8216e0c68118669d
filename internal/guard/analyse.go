package guard

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"
)

// A Question is a statement that Conn.Analyse asks the server about.
type Question struct {
	SQL string
	// Planned says that it is to be planned as well, with so many parameters, all
	// of them NULL. It must be no SELECT: that would be begun.
	Planned    bool
	Parameters int
}

func (l *lent) Analyse(ctx context.Context, questions ...Question) (returns []string, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if _, err := l.s.up.Conn.Write(analyses(questions)); err != nil {
		return nil, err
	}
	var failure error
	for {
		m, err := l.s.next()
		if err != nil {
			return returns, err
		}
		switch m.typ {
		case 'Z':
			l.s.unsynced = false
			return returns, failure
		case 'E':
			if failure == nil {
				failure = serverError(m.body)
			}
		case 'T', 'n':
			row, err := rowType(m)
			if err != nil {
				return returns, err
			}
			returns = append(returns, row)
		}
	}
}

// analyses are the messages for questions. Each is described last, so that it is
// answered when all is well with it.
func analyses(questions []Question) []byte {
	var buf []byte
	add := func(m pgproto3.FrontendMessage) { buf, _ = m.Encode(buf) }
	for _, q := range questions {
		add(&pgproto3.Close{ObjectType: 'P', Name: ownName})
		add(&pgproto3.Close{ObjectType: 'S', Name: ownName})
		add(&pgproto3.Parse{Name: ownName, Query: q.SQL})
		if q.Planned {
			add(&pgproto3.Bind{DestinationPortal: ownName, PreparedStatement: ownName, Parameters: make([][]byte, q.Parameters)})
		}
		add(&pgproto3.Describe{ObjectType: 'S', Name: ownName})
	}
	add(&pgproto3.Close{ObjectType: 'P', Name: ownName})
	add(&pgproto3.Close{ObjectType: 'S', Name: ownName})
	add(&pgproto3.Sync{})
	return buf
}

// rowType is a RowDescription, or NoData, by what a plan's result must not change in
// (equalTupleDescs, src/backend/access/common/tupdesc.c).
func rowType(m message) (string, error) {
	if m.typ == 'n' {
		return "", nil
	}
	var d pgproto3.RowDescription
	if err := d.Decode(m.body); err != nil {
		return "", err
	}
	var b strings.Builder
	for _, f := range d.Fields {
		fmt.Fprintf(&b, "%q %d %d,", f.Name, f.DataTypeOID, f.TypeModifier)
	}
	return b.String(), nil
}
