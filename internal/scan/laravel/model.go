package laravel

import (
	"fmt"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
)

type kind int

const (
	noModel kind = iota
	isModel
	isPivot
	unknownModel // its base is not in the tree
)

// bases are classes of Laravel that models extend, with the columns they use.
var bases = map[string]struct {
	kind    kind
	columns string
}{
	`Illuminate\Database\Eloquent\Model`:                {isModel, ""},
	`Eloquent`:                                          {isModel, ""},
	`Illuminate\Foundation\Auth\User`:                   {isModel, "email password remember_token email_verified_at"},
	`Illuminate\Database\Eloquent\Relations\Pivot`:      {isPivot, ""},
	`Illuminate\Database\Eloquent\Relations\MorphPivot`: {isPivot, ""},
}

// traitColumns are the columns that libraries' traits add to a model. Those of
// Illuminate add no others.
var traitColumns = map[string]string{
	`Illuminate\Database\Eloquent\SoftDeletes`:   "deleted_at",
	`Illuminate\Auth\Authenticatable`:            "password remember_token",
	`Illuminate\Auth\Passwords\CanResetPassword`: "email",
	`Illuminate\Auth\MustVerifyEmail`:            "email email_verified_at",
	`Laravel\Cashier\Billable`:                   "stripe_id pm_type pm_last_four card_brand card_last_four trial_ends_at",
	`Laravel\Fortify\TwoFactorAuthenticatable`:   "two_factor_secret two_factor_recovery_codes two_factor_confirmed_at",
	`Laravel\Jetstream\HasProfilePhoto`:          "profile_photo_path",
	`Laravel\Jetstream\HasTeams`:                 "current_team_id",
	`Laravel\Passport\HasApiTokens`:              "",
	`Laravel\Sanctum\HasApiTokens`:               "",
	`Laravel\Scout\Searchable`:                   "",
	`Spatie\MediaLibrary\InteractsWithMedia`:     "",
	`Spatie\Permission\Traits\HasRoles`:          "",
	`Spatie\Permission\Traits\HasPermissions`:    "",
}

// kindOf tells whether a class is a model.
func (p *project) kindOf(c *class, depth int) kind {
	if c.trait || c.base == "" {
		return noModel
	}
	if known, ok := bases[c.base]; ok {
		return known.kind
	}
	if above := p.find(c.base, c.file); above != nil && above != c && depth < 50 {
		return p.kindOf(above, depth+1)
	}
	if c.looks || strings.Contains(c.base, `\Models\`) || strings.Contains(c.full, `\Models\`) || strings.Contains(c.base, `Eloquent`) {
		return unknownModel
	}
	return noModel
}

// lineage is a class with its traits and those it extends, nearest first. opaque says
// why one of them may have columns that are not known, "" if none has.
func (p *project) lineage(c *class, depth int) (all []*class, columns []string, opaque string) {
	all = []*class{c}
	for _, trait := range c.traits {
		above := p.find(trait, c.file)
		switch known, ok := traitColumns[trait]; {
		case ok:
			columns = append(columns, strings.Fields(known)...)
		case above != nil && above != c && depth < 50:
			more, names, why := p.lineage(above, depth+1)
			all, columns, opaque = append(all, more...), append(columns, names...), opaque+why
		case !strings.HasPrefix(trait, `Illuminate\`):
			opaque = "trait " + trait + " is not in the tree"
		}
	}
	if known, ok := bases[c.base]; ok {
		return all, append(columns, strings.Fields(known.columns)...), opaque
	}
	if above := p.find(c.base, c.file); above != nil && above != c && depth < 50 {
		more, names, why := p.lineage(above, depth+1)
		return append(all, more...), append(columns, names...), opaque + why
	}
	if c.base != "" {
		opaque = c.base + " is not in the tree"
	}
	return all, columns, opaque
}

// model notes the table of a model. Eloquent selects *, and names a column in SQL only
// if the code does. A row without a column that code asks for gives null, silently, so
// a column whose name stands anywhere in the source is not unused.
func (p *project) model(c *class, k kind) {
	lineage, columns, opaque := p.lineage(c, 0)
	p.words(c, lineage)
	if c.abstract || c.full == "" {
		return
	}
	table, ok := property(lineage, "table", "")
	switch {
	case !ok:
		p.to.Blind(contract.Gap{Reach: contract.Anything, Why: "model " + c.name + " has a table whose name is computed", At: c.at})
	case k == unknownModel && table == "":
		p.to.Blind(contract.Gap{Reach: contract.Anything, Why: fmt.Sprintf("%s may be a model, and its base %s is not in the tree", c.name, c.base), At: c.at})
	}
	if table == "" {
		table = tableOf(c.name)
		if k == isPivot {
			table = pivotOf(c.name)
		}
	}
	name := contract.Name{Name: table}
	if schema, rest, qualified := strings.Cut(table, "."); qualified {
		name = contract.Name{Schema: schema, Name: rest}
	}
	p.tables[c] = name
	for _, of := range lineage {
		columns = append(columns, of.columns...)
		for _, relation := range of.relations {
			columns = append(columns, relation+"_id")
		}
		for _, j := range of.joins {
			p.join(c, j)
		}
	}
	columns, named := p.conventions(lineage, columns)
	uses := contract.Named(withoutMarks(columns)...)
	if opaque != "" || !named {
		uses = contract.Every()
	}
	inserts := uses
	if p.copies || slices.ContainsFunc(lineage, func(of *class) bool { return of.copies }) {
		inserts = contract.Every() // replicate() inserts what was read by *
	}
	p.to.Use(name, contract.Use{Origin: contract.Model, By: c.name, At: c.at, Reads: uses, Updates: uses, Adds: true, Inserts: inserts, Star: true})
	p.open(name, c.at)
}

// conventions adds the columns that Eloquent knows of by itself. ok says that all of
// their names are known.
func (p *project) conventions(lineage []*class, columns []string) (all []string, ok bool) {
	key, ok := property(lineage, "primaryKey", "id")
	all = append(columns, key)
	deleted, known := property(lineage, "DELETED_AT", "deleted_at")
	if i := slices.Index(all, "deleted_at"); i >= 0 {
		all[i], ok = deleted, ok && known
	}
	if isOff(lineage, "timestamps") {
		return all, ok
	}
	for constant, name := range map[string]string{"CREATED_AT": "created_at", "UPDATED_AT": "updated_at"} {
		if isOff(lineage, constant) {
			continue
		}
		name, known := property(lineage, constant, name)
		all, ok = append(all, name), ok && known
	}
	return all, ok
}

// property is what the nearest class sets a property or constant to, or else what it
// is without. ok says that it is not computed.
func property(lineage []*class, name, without string) (value string, ok bool) {
	for _, c := range lineage {
		if c.computed[name] {
			return without, false
		}
		if value, ok := c.texts[name]; ok {
			return value, true
		}
	}
	return without, true
}

func isOff(lineage []*class, name string) bool {
	return slices.ContainsFunc(lineage, func(c *class) bool { return c.off[name] })
}

// words notes the names that relations of a model give to columns of other tables.
func (p *project) words(c *class, lineage []*class) {
	for _, of := range lineage {
		for _, prefix := range append([]string{snake(of.name)}, of.relations...) {
			for _, key := range p.keys {
				p.to.Words(prefix + "_" + key)
			}
		}
	}
}

// join notes the table of belongsToMany.
func (p *project) join(c *class, j join) {
	table := j.table
	if table == "" {
		segments := []string{snake(base(j.related)), snake(c.name)}
		slices.Sort(segments)
		table = strings.Join(segments, "_")
	}
	if j.computed {
		p.to.Blind(contract.Gap{Reach: contract.Anything, Why: "the table of a belongsToMany of " + c.name + " is computed", At: j.at})
		return
	}
	p.to.Use(contract.Name{Name: table}, contract.Use{Origin: contract.Table, By: "belongsToMany of " + c.name, At: j.at,
		Reads: contract.Every(), Updates: contract.Every(), Adds: true, Inserts: contract.Every()})
}

// withoutMarks leaves out what a list has besides columns: "*", "table.column".
func withoutMarks(columns []string) (names []string) {
	for _, column := range columns {
		_, last, qualified := strings.Cut(column, ".")
		if !qualified {
			last = column
		}
		if last != "*" {
			names = append(names, last)
		}
	}
	return names
}
