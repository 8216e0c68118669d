package django

import (
	"path"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
)

// model notes the table of a model with its columns. Django names each column
// in its SQL, so the columns are those of the fields; where some field may have
// others, all of the table's.
func (p *project) model(c *class, to *found.Findings) {
	if c.option("abstract") == "True" {
		return
	}
	tables, ok := p.tables(c, 0)
	if !ok {
		to.Blind(contract.Gap{Reach: contract.Anything, Why: "model " + c.name + " has a table whose name is computed", At: c.at})
	}
	if c.option("proxy") == "True" {
		return // the class it stands for is a model itself
	}
	names, joins, all := p.columns(c)
	columns := contract.Named(names...)
	if all {
		columns = contract.Every()
	}
	for _, table := range tables {
		// annotate() groups by the primary key alone (DatabaseFeatures,
		// allows_group_by_selected_pks).
		to.Use(contract.Name{Name: table}, contract.Use{Origin: contract.Model, By: c.name, At: c.at, Reads: columns, Updates: columns, Adds: true, Inserts: columns,
			OnTable: "Django groups by the primary key"})
		for _, j := range joins {
			name := j.table
			if name == "" {
				name = table + "_" + j.name
			}
			if j.computed {
				to.Blind(contract.Gap{Reach: contract.Anything, Why: "the table of " + c.name + "." + j.name + " is computed", At: c.at})
				continue
			}
			to.Use(contract.Name{Name: name}, contract.Use{Origin: contract.Table, By: "ManyToManyField " + c.name + "." + j.name, At: c.at,
				Reads: contract.Every(), Updates: contract.Every(), Adds: true, Inserts: contract.Every()})
		}
	}
}

func (c *class) option(name string) string {
	if c.meta == nil {
		return ""
	}
	return c.meta.values[name]
}

// columns are those of the class's fields and of its abstract bases'. all says
// that there may be more.
func (p *project) columns(c *class) (names []string, joins []field, all bool) {
	primary := false
	for _, of := range p.lineage(c, 0) {
		all = all || of.opaque
		for _, f := range of.fields {
			primary = primary || f.primary
			switch {
			case f.computed && f.kind != "ManyToManyField":
				all = true
			case f.kind == "ManyToManyField":
				if !f.through {
					joins = append(joins, f)
				}
			case noColumn[f.kind] || isManager(f.kind):
			case f.column != "":
				names = append(names, f.column)
			case toOne[f.kind]:
				names = append(names, f.name+"_id")
			case modelFields[f.kind]:
				names = append(names, f.name)
			default:
				all = true // a library's field may have several columns
			}
		}
	}
	for _, base := range c.bases {
		parent := p.base(c, base)
		switch {
		case parent == nil && !c.isDjangoModel(base) && base != "object":
			all = true // a library's base may have fields
		case parent != nil && p.kindOf(parent, 0) != noModel && parent.option("abstract") != "True":
			names = append(names, strings.ToLower(parent.name)+"_ptr_id")
			primary = true
		}
	}
	if !primary {
		names = append(names, "id")
	}
	return names, joins, all
}

// lineage is the class with its abstract bases and mixins, and theirs.
func (p *project) lineage(c *class, depth int) []*class {
	all := []*class{c}
	for _, base := range c.bases {
		parent := p.base(c, base)
		if parent == nil || parent == c || depth > 50 {
			continue
		}
		if p.kindOf(parent, 0) != noModel && parent.option("abstract") != "True" {
			continue // it has a table of its own
		}
		above := p.lineage(parent, depth+1)
		// A base that is not in the source may have fields.
		for _, a := range above {
			for _, name := range a.bases {
				if p.base(a, name) == nil && !a.isDjangoModel(name) && name != "object" {
					a.opaque = true
				}
			}
		}
		all = append(all, above...)
	}
	return all
}

// tables are the names a model's table may have.
func (p *project) tables(c *class, depth int) (names []string, ok bool) {
	for _, of := range p.metas(c, depth) {
		if slices.Contains(of.computed, "db_table") || slices.Contains(of.computed, "app_label") {
			return nil, false
		}
		if table := of.values["db_table"]; table != "" {
			return []string{strings.Trim(table, `"`)}, true
		}
	}
	var labels []string
	for _, of := range p.metas(c, depth) {
		if label := of.values["app_label"]; label != "" {
			labels = []string{label}
			break
		}
	}
	if labels == nil {
		labels, ok = p.labels(c.file)
		if !ok {
			return nil, false
		}
	}
	for _, label := range labels {
		names = append(names, label+"_"+strings.ToLower(c.name))
	}
	return names, true
}

// metas are the Meta that count for a class: its own, and its bases' where it
// has none or one that inherits.
func (p *project) metas(c *class, depth int) []*meta {
	var metas []*meta
	if c.meta != nil {
		metas = append(metas, c.meta)
		if !c.meta.bases {
			return metas
		}
	}
	for _, base := range c.bases {
		if parent := p.base(c, base); parent != nil && parent != c && depth < 50 && parent.option("abstract") == "True" {
			metas = append(metas, p.metas(parent, depth+1)...)
		}
	}
	return metas
}

// labels are the names of the application a file belongs to: of its apps.py, or
// else of the folder that holds models.
func (p *project) labels(f *File) ([]string, bool) {
	for folder := path.Dir(f.Path); ; folder = path.Dir(folder) {
		apps := p.apps[p.Beside(folder, "apps.py")]
		if apps == nil && p.Beside(folder, "models.py") == nil && p.Beside(folder, "models/__init__.py") == nil {
			if folder == "." || folder == "/" {
				return nil, false
			}
			continue
		}
		var labels []string
		if apps != nil {
			for _, c := range apps.classes {
				if label := c.label(); label != "" {
					labels = append(labels, label)
				}
			}
		}
		if labels == nil {
			if folder == "." {
				return nil, false
			}
			labels = []string{path.Base(folder)}
		}
		slices.Sort(labels)
		return slices.Compact(labels), true
	}
}
