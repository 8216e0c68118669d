package herokutest

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

func getAccount(r *request) (any, error) { return r.p.account.document(), nil }

func getRateLimit(r *request) (any, error) {
	r.p.mu.Lock()
	defer r.p.mu.Unlock()
	return object{"remaining": r.p.budget.remaining(time.Now())}, nil
}

func getApp(r *request) (any, error) { return r.app.document(r.state, r.sdk), nil }

func patchApp(r *request) (any, error) {
	var change struct {
		Maintenance *bool   `json:"maintenance"`
		Name        *string `json:"name"`
		BuildStack  *string `json:"build_stack"`
	}
	if err := r.decode(&change); err != nil {
		return nil, err
	}
	if change.Name != nil || change.BuildStack != nil {
		return nil, invalid("The emulator changes maintenance only.")
	}
	if change.Maintenance != nil {
		r.app.SetMaintenance(*change.Maintenance)
	}
	return r.app.document(r.app.State(), r.sdk), nil
}

func getBuildpacks(r *request) (any, error) {
	list := []object{}
	for i, name := range r.app.config.Buildpacks {
		list = append(list, object{"ordinal": i, "buildpack": object{"name": name, "url": "urn:buildpack:" + name}})
	}
	return list, nil
}

func getConfigVars(r *request) (any, error) { return r.state.ConfigVars, nil }

func patchConfigVars(r *request) (any, error) {
	var vars map[string]*string
	if err := r.decode(&vars); err != nil {
		return nil, err
	}
	if _, err := r.app.changeConfig(vars, false); err != nil {
		return nil, err
	}
	return r.app.State().ConfigVars, nil
}

func getFeatures(r *request) (any, error) {
	var list []object
	for _, name := range slices.Sorted(maps.Keys(knownFeatures)) {
		list = append(list, featureDocument(r.state, name))
	}
	return paginate(r, list, "id", "name")
}

func getFeature(r *request) (any, error) {
	doc := featureDocument(r.state, r.PathValue("feature"))
	if doc == nil {
		return nil, notFound("feature")
	}
	return doc, nil
}

func patchFeature(r *request) (any, error) {
	name := r.PathValue("feature")
	var change struct {
		Enabled bool `json:"enabled"`
	}
	if err := r.decode(&change); err != nil {
		return nil, err
	}
	if knownFeatures[name] == "" {
		return nil, notFound("feature")
	}
	if name == Preboot && change.Enabled && r.app.config.Space != "" {
		return nil, invalid("Preboot is not available in Private Spaces.")
	}
	r.app.SetFeature(name, change.Enabled)
	return featureDocument(r.app.State(), name), nil
}

func getReleases(r *request) (any, error) {
	list := []object{}
	for _, release := range r.state.Releases {
		list = append(list, r.app.releaseDocument(release, r.sdk))
	}
	return paginate(r, list, "id", "version")
}

// findRelease looks for the id or version that the path names.
func findRelease(r *request) (ReleaseInfo, error) {
	identity := r.PathValue("release")
	version, _ := strconv.Atoi(identity)
	for _, release := range r.state.Releases {
		if release.ID == identity || release.Version == version {
			return release, nil
		}
	}
	return ReleaseInfo{}, notFound("release")
}

func getRelease(r *request) (any, error) {
	release, err := findRelease(r)
	if err != nil {
		return nil, err
	}
	return r.app.releaseDocument(release, r.sdk), nil
}

func getReleaseConfigVars(r *request) (any, error) {
	info, err := findRelease(r)
	if err != nil {
		return nil, err
	}
	r.app.p.mu.Lock()
	defer r.app.p.mu.Unlock()
	return r.app.releases[info.Version-1].env, nil
}

func postRelease(r *request) (any, error) {
	var order struct{ Slug, Description, Release string }
	if err := r.decode(&order); err != nil {
		return nil, err
	}
	made, err := r.app.order(order.Slug, order.Description, order.Release)
	if err != nil {
		return nil, err
	}
	return r.app.releaseDocument(r.app.State().Releases[made.Version-1], r.sdk), nil
}

// order makes a release from a slug or, to roll back, from a release's id.
func (a *App) order(slug, description, release string) (*Release, error) {
	if release != "" {
		for _, info := range a.State().Releases {
			if info.ID == release {
				return a.Rollback(info.Version)
			}
		}
		return nil, notFound("release")
	}
	a.p.mu.Lock()
	built := a.artifact(slug)
	a.p.mu.Unlock()
	if built == nil || !a.config.hasSlugs() {
		return nil, notFound("slug")
	}
	if description == "" {
		description = "Deploy " + built.Commit[:8]
	}
	return a.release(draft{artifact: built, description: description})
}

func getSlug(r *request) (any, error) {
	r.app.p.mu.Lock()
	defer r.app.p.mu.Unlock()
	built := r.app.artifact(r.PathValue("slug"))
	if built == nil || built.expired || !r.app.config.hasSlugs() {
		return nil, notFound("slug")
	}
	return built.slugDocument(), nil
}

func getImage(r *request) (any, error) {
	r.app.p.mu.Lock()
	defer r.app.p.mu.Unlock()
	list := []object{}
	for _, built := range r.app.artifacts {
		doc := built.imageDocument()
		image := r.PathValue("image")
		if built.stack == stackFir && !built.expired && (doc["id"] == image || doc["digest"] == image) {
			list = append(list, doc)
		}
	}
	if len(list) == 0 {
		return nil, notFound("OCI image")
	}
	return list, nil
}

// serveOutput answers a release's output_stream_url, which needs no token: the
// output so far, 404 before the command has started.
func (p *Platform) serveOutput(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	var found *Release
	for _, a := range p.apps {
		for _, release := range a.releases {
			if release.ID == r.PathValue("release") && release.command.hasStarted() {
				found = release
			}
		}
	}
	p.mu.Unlock()
	if found == nil {
		http.NotFound(w, r)
		return
	}
	write(w, http.StatusOK, "text/plain", []byte(found.Output()))
}
