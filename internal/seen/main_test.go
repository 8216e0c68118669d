package seen_test

import (
	"os"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
