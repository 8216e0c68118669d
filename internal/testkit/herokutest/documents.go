package herokutest

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"time"
)

// An object is a JSON object of the API.
type object = map[string]any

// stamp writes a time as the API does, to the second.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// named makes up an object with an id that always is the same for a name.
func named(name string) object {
	h := fmt.Sprintf("%x", sha256.Sum256([]byte(name)))
	id := fmt.Sprintf("%s-%s-4%s-8%s-%s", h[:8], h[8:12], h[13:16], h[17:20], h[20:32])
	return object{"id": id, "name": name}
}

func (a *App) identity() object { return object{"id": a.ID, "name": a.Name} }

func (a *App) document(s State, sdk bool) object {
	doc := object{
		"acm": false, "archived_at": nil, "buildpack_provided_description": nil,
		"build_stack": named(a.config.stack()), "created_at": stamp(a.createdAt),
		"git_url": "https://git.heroku.com/" + a.Name + ".git",
		"id":      a.ID, "internal_routing": nil, "maintenance": s.Maintenance, "name": a.Name,
		"owner":        object{"id": a.p.account.id, "email": a.p.account.email},
		"organization": nil, "team": nil, "region": named("us"), "released_at": stamp(s.Current().UpdatedAt),
		"repo_size": nil, "slug_size": nil, "space": nil, "stack": named(a.config.stack()),
		"updated_at": stamp(s.UpdatedAt), "web_url": a.RouterURL + "/",
	}
	generation := "cedar"
	if a.config.Fir {
		generation = "fir"
	}
	doc["generation"] = named(generation)
	if sdk {
		doc["generation"] = generation
	}
	if a.config.Space != "" {
		space := named(a.config.Space)
		space["shield"] = false
		doc["space"] = space
		doc["internal_routing"] = false
	}
	return doc
}

func (a *App) dynoDocument(s State, d DynoInfo) object {
	return object{
		"app": a.identity(), "attach_url": nil, "command": d.Command, "created_at": stamp(d.CreatedAt),
		"id": d.ID, "name": d.Name, "size": d.Size, "state": d.State, "type": d.Type,
		"release":    object{"id": s.Releases[d.Release-1].ID, "version": d.Release},
		"updated_at": stamp(d.UpdatedAt),
	}
}

func (a *App) processDocument(p Process) object {
	return object{
		"app": a.identity(), "command": p.Command, "created_at": stamp(p.CreatedAt), "id": p.ID,
		"quantity": p.Quantity, "size": p.Size, "type": p.Type, "updated_at": stamp(p.UpdatedAt),
	}
}

func (a *App) releaseDocument(r ReleaseInfo, sdk bool) object {
	doc := object{
		"addon_plan_names": []string{}, "app": a.identity(), "created_at": stamp(r.CreatedAt),
		"current": r.Current, "description": r.Description, "id": r.ID, "output_stream_url": nil,
		"slug": nil, "status": r.Status, "updated_at": stamp(r.UpdatedAt),
		"user":    object{"id": a.p.account.id, "email": a.p.account.email},
		"version": r.Version, "eligible_for_rollback": r.Artifact != nil && r.Status == Succeeded,
	}
	if r.Command {
		doc["output_stream_url"] = a.p.URL + "/streams/" + r.ID
	}
	artifacts := []object{}
	if r.Artifact != nil && r.Artifact.stack == stackFir {
		artifacts = append(artifacts, object{"type": "oci-image", "id": r.Artifact.ID})
		if sdk {
			doc["oci_image"] = object{"id": r.Artifact.ID}
		}
	} else if r.Artifact != nil && r.Artifact.stack != stackContainer {
		artifacts = append(artifacts, object{"type": "slug", "id": r.Artifact.ID})
		doc["slug"] = object{"id": r.Artifact.ID}
	}
	if !sdk {
		doc["artifacts"] = artifacts
	}
	return doc
}

func (b *Artifact) slugDocument() object {
	return object{
		"blob":                           object{"method": "GET", "url": "https://slugs.example.com/" + b.ID + ".tgz"},
		"buildpack_provided_description": nil, "checksum": nil, "commit": b.Commit,
		"commit_description": "", "created_at": stamp(b.createdAt), "id": b.ID,
		"process_types": b.Processes, "size": nil, "stack": named(b.stack),
		"updated_at": stamp(b.createdAt),
	}
}

func (b *Artifact) imageDocument() object {
	processes := make(object)
	for name, command := range b.Processes {
		processes[name] = object{
			"name": name, "command": command, "display_cmd": command,
			"working_dir": "/workspace", "default": name == "web",
		}
	}
	return object{
		"id": b.ID, "digest": "sha256:" + strings.ReplaceAll(b.ID+b.ID, "-", ""), "architecture": "amd64",
		"commit": b.Commit, "process_types": processes, "stack": named(b.stack),
		"created_at": stamp(b.createdAt), "updated_at": stamp(b.createdAt),
	}
}

// featureDocument describes a feature, nil if the platform has none so named.
func featureDocument(s State, name string) object {
	description, ok := knownFeatures[name]
	if !ok {
		return nil
	}
	return object{
		"created_at": "2013-12-09T00:00:00Z", "description": description, "display_name": name,
		"doc_url": "https://devcenter.heroku.com/articles/" + name, "enabled": s.Features[name],
		"feedback_email": "labs-feedback@example.com", "id": named(name)["id"], "name": name,
		"state": "general", "updated_at": "2013-12-09T00:00:00Z",
	}
}

var knownFeatures = map[string]string{
	Preboot:       "Provide seamless web dyno deploys.",
	DynoMetadata:  "Set dyno metadata in the environment.",
	BuildMetadata: "Set build metadata in the environment.",
}

func (a account) document() object {
	return object{
		"allow_tracking": true, "beta": false, "country_of_residence": nil,
		"created_at": "2013-12-09T00:00:00Z", "default_organization": nil, "default_team": nil,
		"delinquent_at": nil, "email": a.email, "federated": false, "id": a.id,
		"identity_provider": nil, "last_login": nil, "name": nil, "sms_number": nil,
		"suspended_at": nil, "two_factor_authentication": false,
		"updated_at": "2013-12-09T00:00:00Z", "verified": true,
	}
}
