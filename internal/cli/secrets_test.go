package cli_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/herokutest"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// planted is a password, or stands in one, that must not be seen anywhere.
const planted = "hunter2"

var passwordRE = regexp.MustCompile(`://[^:@/]*:([^@/]+)@|(?:^|[?&\s])(?:PG)?(?i:password)=([^&\s]+)|^HEROKU_API_KEY=(.{6,})$`)

// secrets are the passwords and the token in the call's environment.
func (c call) secrets() []string {
	all := []string{planted}
	for _, v := range c.env {
		for _, m := range passwordRE.FindAllStringSubmatch(v, -1) {
			all = append(all, m[1]+m[2]+m[3])
		}
	}
	return all
}

// hides fails when a text holds a secret.
func hides(t testing.TB, what, text string, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			t.Errorf("%s shows the secret %q:\n%s", what, secret, text)
			return
		}
	}
}

// searched are the ledgers that a test's end will look into.
var searched sync.Map

// searchLedger looks, at the test's end, into the ledger that the call may have
// written to.
func (c call) searchLedger(t testing.TB) {
	for _, v := range c.env {
		url, ok := strings.CutPrefix(v, "DATABASE_URL=")
		if _, twice := searched.LoadOrStore(t.Name()+url, true); !ok || twice {
			continue
		}
		t.Cleanup(func() { hides(t, "the ledger", ledgerText(t, url), c.secrets()...) })
	}
}

// searchLog looks into what the app's dynos have printed and what its runs have
// recorded, when its platform is closed.
func searchLog(t testing.TB, log *watched, platform *herokutest.Platform, db *pgtest.DB) {
	t.Helper()
	hides(t, "the app's log", log.String(), platform.Token, db.Server.Password, planted)
	hides(t, "the ledger", ledgerText(t, db.URL), platform.Token, db.Server.Password, planted)
}

// ledgerText is every row of the ledger; "" where no database is to be had.
func ledgerText(t testing.TB, url string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return ""
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, "select relname from pg_class where relkind = 'r' and relnamespace = to_regnamespace('migguard')")
	if err != nil {
		return "" // a server that serves no more
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return ""
	}
	var text strings.Builder
	for _, table := range tables {
		var all string
		if err := conn.QueryRow(ctx, fmt.Sprintf("select coalesce(string_agg(r::text, E'\\n'), '') from migguard.%s r", table)).Scan(&all); err == nil {
			text.WriteString(all + "\n")
		}
	}
	return text.String()
}
