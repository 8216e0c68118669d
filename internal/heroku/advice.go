package heroku

import (
	"cmp"
	"net/http"
	"strings"
	"time"
)

// GiveToken is the command that makes a token which can do what this package
// does, and no more, and gives it to an app. The scope write reads and writes
// all but config vars (Dev Center, "OAuth").
func GiveToken(app string) string {
	return `heroku config:set HEROKU_API_KEY="$(heroku authorizations:create -d migguard -s write -S)" --app ` + cmp.Or(app, "APP")
}

// NeedToken says how a command comes by a token: in a dyno, and on the machine of
// somebody who is logged in with Heroku's command line.
func NeedToken(app string) string {
	return "give the app one: " + GiveToken(app) + `; on your own machine: export HEROKU_API_KEY="$(heroku auth:token)"`
}

// advice says what to do next; "" when there is nothing more to say.
func (e *Error) advice() string {
	switch {
	case e.cancelled():
		return ""
	case e.Err != nil && e.Status != 0:
		return "is this the Platform API? Look at HEROKU_API_URL and at proxies"
	case e.Err != nil:
		return "look at status.heroku.com, the network and its proxies, then try again"
	case e.Unauthorized():
		return "the token is not valid, or expired; give the app a new one: " + GiveToken("")
	case e.Status == http.StatusPaymentRequired:
		return "the account has unpaid bills; see its billing page"
	case e.Forbidden():
		return "the token may not do this: " + e.needs()
	case e.NotFound():
		return "there is no such thing, or the token has no access to it; see: heroku apps"
	case e.RateLimited():
		return "the account's request allowance is used up; try again in " + e.patience()
	case e.Status/100 == 3:
		return "the Platform API does not redirect; look at HEROKU_API_URL"
	case e.Unreachable():
		return "look at status.heroku.com, then try again"
	}
	return ""
}

// needs names the OAuth scope and the app permission that the call takes (Dev
// Center, "OAuth" and "App Permissions and Allowed Actions").
func (e *Error) needs() string {
	switch {
	case e.ID == "two_factor":
		return "it takes a second factor; give the app one that does not: " + GiveToken("")
	case e.Method == http.MethodPatch:
		return `it needs the scope "write", and its user the permission "operate" on the app`
	case strings.HasPrefix(e.Path, "/account"):
		return `it needs the scope "identity"`
	}
	return `it needs the scope "read", and its user the permission "view" on the app`
}

// patience is how long the API asks to wait. When it does not say: the
// allowance grows by about 75 requests a minute.
func (e *Error) patience() string {
	if e.RetryAfter > 0 {
		return e.RetryAfter.Round(time.Second).String()
	}
	return "a minute"
}
