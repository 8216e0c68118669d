package ddl

import (
	"errors"

	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/proto"
)

// An Alter is an ALTER TABLE taken apart: an action for each of its changes, in
// their order. A constraint that was written with its column stands for itself.
type Alter struct {
	stmt    *pg.AlterTableStmt
	version int32
	actions []action
	// notNull is the only action, where the grammar cannot write it.
	notNull *SetNotNull
}

// An action is one of an ALTER TABLE's.
type action struct {
	cmd *pg.AlterTableCmd
	// inline is how a constraint was written with its column, whose action is
	// column places before; nil for others.
	inline []*pg.Node
	column int
	// value is the default of a column that is added without it.
	value *pg.Node
}

// errNoAlter is for a text that is not one ALTER TABLE.
var errNoAlter = errors.New("not one ALTER TABLE statement")

// TakeApart reads one ALTER TABLE, whose changes are known.
func TakeApart(sql string, changes []Change) (*Alter, error) {
	if err := checkText(sql); err != nil {
		return nil, err
	}
	tree, err := pg.Parse(sql)
	if err != nil {
		return takeNotNullApart(sql, changes, syntaxError(sql, 0, err))
	}
	if len(tree.GetStmts()) != 1 || tree.GetStmts()[0].GetStmt().GetAlterTableStmt() == nil {
		return nil, errNoAlter
	}
	a := &Alter{stmt: tree.GetStmts()[0].GetStmt().GetAlterTableStmt(), version: tree.GetVersion()}
	for _, n := range a.stmt.GetCmds() {
		a.actions = append(a.actions, apart(n.GetAlterTableCmd())...)
	}
	if len(a.actions) != len(changes) {
		return nil, ErrUnfaithful
	}
	return a, nil
}

// apart is an action without the constraints of its column, and these.
func apart(cmd *pg.AlterTableCmd) []action {
	column := cmd.GetDef().GetColumnDef()
	if cmd.GetSubtype() != pg.AlterTableType_AT_AddColumn || column == nil {
		return []action{{cmd: cmd}}
	}
	var kept []*pg.Node
	var actions []action
	var last *pg.Constraint // that attributes belong to
	for _, n := range column.GetConstraints() {
		def := n.GetConstraint()
		kind, named := constraintKinds[def.GetContype()]
		switch {
		case named && kind != NotNull:
			last = ofTable(def, column.GetColname())
			actions = append(actions, action{inline: []*pg.Node{n}, column: len(actions) + 1, cmd: &pg.AlterTableCmd{
				Subtype: pg.AlterTableType_AT_AddConstraint, Behavior: pg.DropBehavior_DROP_RESTRICT,
				Def: &pg.Node{Node: &pg.Node_Constraint{Constraint: last}}}})
		case last != nil && isAttribute(last, def.GetContype()):
			end := &actions[len(actions)-1]
			end.inline = append(end.inline, n)
		default:
			last = nil
			kept = append(kept, n)
		}
	}
	if actions == nil {
		return []action{{cmd: cmd}}
	}
	bare := proto.Clone(cmd).(*pg.AlterTableCmd)
	bare.GetDef().GetColumnDef().Constraints = kept
	return append([]action{{cmd: bare}}, actions...)
}

// ofTable is a column's constraint as one of the table.
func ofTable(def *pg.Constraint, column string) *pg.Constraint {
	def = proto.Clone(def).(*pg.Constraint)
	key := []*pg.Node{{Node: &pg.Node_String_{String_: &pg.String{Sval: column}}}}
	switch constraintKinds[def.GetContype()] {
	case ForeignKey:
		def.FkAttrs = key
	case Unique, PrimaryKey:
		def.Keys = key
	}
	return def
}

// isAttribute applies what is written behind a column's constraint.
func isAttribute(def *pg.Constraint, attr pg.ConstrType) bool {
	var c AddConstraint
	if !applyAttribute(&c, attr) {
		return false
	}
	def.Deferrable, def.Initdeferred = def.GetDeferrable() || c.Deferrable, def.GetInitdeferred() || c.InitiallyDeferred
	return true
}

// Only tells whether partitions and children are left alone.
func (a *Alter) Only() bool { return !a.stmt.GetRelation().GetInh() }

// Write writes some of the actions, by the index of their changes, as one ALTER
// of the table on; of the statement's own if that has no name. The error is
// ErrUnfaithful where the result would not mean the same.
func (a *Alter) Write(on Name, actions ...int) (string, error) {
	columns := map[int]*pg.AlterTableCmd{}
	var cmds []*pg.AlterTableCmd
	for _, n := range actions {
		act := a.actions[n]
		// A constraint of a new column is another one when it is written
		// for itself: the server looks at no row for that of a key.
		if column := columns[n-act.column]; act.inline != nil && column != nil {
			def := column.GetDef().GetColumnDef()
			def.Constraints = append(def.Constraints, act.inline...)
			continue
		}
		columns[n] = proto.Clone(act.cmd).(*pg.AlterTableCmd)
		cmds = append(cmds, columns[n])
		if act.value != nil {
			cmds = append(cmds, setDefault(act.cmd.GetDef().GetColumnDef().GetColname(), act.value))
		}
	}
	return a.write(on, cmds)
}

// WriteNotValid writes the action that adds a constraint so that the rows there
// are are not looked at.
func (a *Alter) WriteNotValid(action int) (string, error) {
	cmd := proto.Clone(a.actions[action].cmd).(*pg.AlterTableCmd)
	def := cmd.GetDef().GetConstraint()
	if def == nil {
		return "", ErrUnfaithful
	}
	def.SkipValidation, def.InitiallyValid = true, false
	return a.write(Name{}, []*pg.AlterTableCmd{cmd})
}

// WriteValid writes the action that adds a constraint so that the rows there are are
// looked at.
func (a *Alter) WriteValid(on Name, action int) (string, error) {
	if a.notNull != nil {
		valid := *a.notNull
		valid.NotValid = false
		return valid.Write(on.String()), nil
	}
	cmd := proto.Clone(a.actions[action].cmd).(*pg.AlterTableCmd)
	def := cmd.GetDef().GetConstraint()
	if def == nil {
		return "", ErrUnfaithful
	}
	def.SkipValidation, def.InitiallyValid = false, true
	return a.write(on, []*pg.AlterTableCmd{cmd})
}

// Name gives the constraint that an action adds a name.
func (a *Alter) Name(action int, name string) error {
	if a.notNull != nil {
		a.notNull.Name = name
		return nil
	}
	cmd := proto.Clone(a.actions[action].cmd).(*pg.AlterTableCmd)
	def := cmd.GetDef().GetConstraint()
	if def == nil {
		return ErrUnfaithful
	}
	def.Conname = name
	a.actions[action].cmd = cmd
	return nil
}

func (a *Alter) write(on Name, cmds []*pg.AlterTableCmd) (string, error) {
	stmt := proto.Clone(a.stmt).(*pg.AlterTableStmt)
	stmt.Cmds = nil
	for _, cmd := range cmds {
		stmt.Cmds = append(stmt.Cmds, &pg.Node{Node: &pg.Node_AlterTableCmd{AlterTableCmd: proto.Clone(cmd).(*pg.AlterTableCmd)}})
	}
	if on.Name != "" {
		stmt.Relation.Schemaname, stmt.Relation.Relname = on.Schema, on.Name
	}
	if a.notNull != nil {
		return a.notNull.writeOf(stmt.GetRelation()), nil
	}
	return a.text(&pg.Node{Node: &pg.Node_AlterTableStmt{AlterTableStmt: stmt}})
}

func (a *Alter) text(n *pg.Node) (string, error) {
	tree := &pg.ParseResult{Version: a.version, Stmts: []*pg.RawStmt{{Stmt: proto.Clone(n).(*pg.Node)}}}
	return writeBack(tree)
}
