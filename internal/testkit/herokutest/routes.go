package herokutest

import "net/http"

// A route is one call of the API.
type route struct {
	method string
	path   string
	status int  // of an answer without error
	free   bool // of the rate limit
	serve  func(*request) (any, error)
}

const ok, created, accepted = http.StatusOK, http.StatusCreated, http.StatusAccepted

// routes are all calls that the emulator knows.
var routes = []route{
	{"GET", "/account", ok, false, getAccount},
	{"GET", "/account/rate-limits", ok, true, getRateLimit},
	{"GET", "/apps/{app}", ok, false, getApp},
	{"PATCH", "/apps/{app}", ok, false, patchApp},
	{"GET", "/apps/{app}/buildpack-installations", ok, false, getBuildpacks},
	{"GET", "/apps/{app}/config-vars", ok, false, getConfigVars},
	{"PATCH", "/apps/{app}/config-vars", ok, false, patchConfigVars},
	{"GET", "/apps/{app}/features", ok, false, getFeatures},
	{"GET", "/apps/{app}/features/{feature}", ok, false, getFeature},
	{"PATCH", "/apps/{app}/features/{feature}", ok, false, patchFeature},
	{"GET", "/apps/{app}/dynos", ok, false, getDynos},
	{"POST", "/apps/{app}/dynos", created, false, postDyno},
	{"DELETE", "/apps/{app}/dynos", accepted, false, deleteDynos},
	{"GET", "/apps/{app}/dynos/{dyno}", ok, false, getDyno},
	{"DELETE", "/apps/{app}/dynos/{dyno}", accepted, false, deleteDyno},
	{"POST", "/apps/{app}/dynos/{dyno}/actions/stop", accepted, false, stopDyno},
	{"GET", "/apps/{app}/formation", ok, false, getFormation},
	{"PATCH", "/apps/{app}/formation", ok, false, patchFormation},
	{"GET", "/apps/{app}/formation/{process}", ok, false, getProcess},
	{"PATCH", "/apps/{app}/formation/{process}", ok, false, patchProcess},
	{"GET", "/apps/{app}/releases", ok, false, getReleases},
	{"POST", "/apps/{app}/releases", created, false, postRelease},
	{"GET", "/apps/{app}/releases/{release}", ok, false, getRelease},
	{"GET", "/apps/{app}/releases/{release}/config-vars", ok, false, getReleaseConfigVars},
	{"GET", "/apps/{app}/slugs/{slug}", ok, false, getSlug},
	{"GET", "/apps/{app}/oci-images/{image}", ok, false, getImage},
}
