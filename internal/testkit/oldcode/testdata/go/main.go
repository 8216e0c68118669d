// Command go runs the actions of the application when it is told to, in one
// process and one connection to each database: see the package oldcode.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/oldcode/testdata/go/app"
)

var actions = []struct {
	name string
	run  func(context.Context, *pgx.Conn, int) error
}{
	{"SignUp", app.SignUp}, {"Change", app.Change}, {"FindAll", app.FindAll}, {"Nickname", app.Nickname},
	{"Motto", app.Motto}, {"Pay", app.Pay}, {"Plans", app.Plans}, {"PlaceOrder", app.PlaceOrder}, {"Tag", app.Tag},
	{"Count", app.Count}, {"Audit", app.Audit}, {"Visit", app.Visit}, {"Invoice", app.Invoice}, {"Slug", app.Slug},
}

func main() {
	ctx := context.Background()
	var db *pgx.Conn
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		command, argument, _ := strings.Cut(lines.Text(), " ")
		var err error
		switch command {
		case "open":
			db, err = pgx.Connect(ctx, argument)
		case "act":
			n, _ := strconv.Atoi(argument)
			for _, a := range actions {
				if err := a.run(ctx, db, n); err != nil {
					fmt.Println("error", a.name, strings.SplitN(err.Error(), "\n", 2)[0])
				} else {
					fmt.Println("ok", a.name)
				}
			}
		case "close":
			err = db.Close(ctx)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println("end")
	}
}
