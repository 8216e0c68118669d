package guard_test

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"
)

// text writes a server's message as one line. It leaves out what differs from
// run to run (process ids, table oids) and from major to major (where in the
// server's source an error was raised).
func text(m pgproto3.BackendMessage) string {
	name := strings.TrimPrefix(fmt.Sprintf("%T", m), "*pgproto3.")
	switch m := m.(type) {
	case *pgproto3.ErrorResponse:
		return name + response(m)
	case *pgproto3.NoticeResponse:
		e := pgproto3.ErrorResponse(*m)
		return name + response(&e)
	case *pgproto3.ReadyForQuery:
		return name + " " + string(m.TxStatus)
	case *pgproto3.CommandComplete:
		return name + " " + string(m.CommandTag)
	case *pgproto3.RowDescription:
		for _, f := range m.Fields {
			name += fmt.Sprintf(" %s:%d:%d", f.Name, f.DataTypeOID, f.Format)
		}
		return name
	case *pgproto3.ParameterDescription:
		return name + fmt.Sprint(" ", m.ParameterOIDs)
	case *pgproto3.DataRow:
		return name + values(m.Values)
	case *pgproto3.CopyData:
		return fmt.Sprintf("%s %q", name, m.Data)
	case *pgproto3.CopyInResponse:
		return fmt.Sprint(name, " ", m.OverallFormat, " ", m.ColumnFormatCodes)
	case *pgproto3.CopyOutResponse:
		return fmt.Sprint(name, " ", m.OverallFormat, " ", m.ColumnFormatCodes)
	case *pgproto3.FunctionCallResponse:
		return fmt.Sprintf("%s %q", name, m.Result)
	case *pgproto3.ParameterStatus:
		return fmt.Sprintf("%s %s=%q", name, m.Name, m.Value)
	case *pgproto3.NotificationResponse:
		return fmt.Sprintf("%s %s %q", name, m.Channel, m.Payload)
	}
	return name
}

func response(e *pgproto3.ErrorResponse) string {
	s := fmt.Sprintf(" %s %s %q", e.SeverityUnlocalized, e.Code, e.Message)
	if e.Position != 0 {
		s += fmt.Sprintf(" at %d", e.Position)
	}
	for _, part := range []struct{ name, text string }{
		{"detail", e.Detail}, {"hint", e.Hint}, {"where", e.Where},
		{"schema", e.SchemaName}, {"table", e.TableName}, {"constraint", e.ConstraintName},
	} {
		if part.text != "" {
			s += fmt.Sprintf(" %s %q", part.name, part.text)
		}
	}
	return s
}

func values(all [][]byte) string {
	var b strings.Builder
	for _, v := range all {
		if v == nil {
			b.WriteString(" null")
		} else {
			fmt.Fprintf(&b, " %q", v)
		}
	}
	return b.String()
}

func asTimeout(err error, ne *net.Error) bool {
	return errors.As(err, ne) && (*ne).Timeout()
}
