package ddl

import pg "github.com/pganalyze/pg_query_go/v6"

func (b *builder) createFunction(s *pg.CreateFunctionStmt) {
	c := CreateFunction{
		Function: nameOf(s.GetFuncname()),
		Kind:     KindFunction,
		Replace:  s.GetReplace(),
		Language: option(s.GetOptions(), "language").GetArg().GetString_().GetSval(),
	}
	if s.GetIsProcedure() {
		c.Kind = KindProcedure
	}
	if def := option(s.GetOptions(), "security"); def != nil {
		c.SecurityDefiner = isOn(def)
	}
	for _, n := range s.GetParameters() {
		p := n.GetFunctionParameter()
		switch p.GetMode() {
		case pg.FunctionParameterMode_FUNC_PARAM_OUT, pg.FunctionParameterMode_FUNC_PARAM_TABLE:
			continue
		}
		c.Arguments = append(c.Arguments, b.typeText(p.GetArgType()))
		if p.GetDefexpr() != nil {
			c.Defaults++
		}
	}
	b.add(c)
}

func (b *builder) alterFunction(s *pg.AlterFunctionStmt) {
	args, _ := b.arguments(s.GetFunc())
	b.add(AlterFunction{Function: nameOf(s.GetFunc().GetObjname()), Kind: kindOf(s.GetObjtype()),
		Arguments: args, Options: optionNames(s.GetActions())})
}

// Bits of CreateTrigStmt.timing and events, PostgreSQL's catalog/pg_trigger.h.
const (
	triggerBefore    = 1 << 1
	triggerInsert    = 1 << 2
	triggerDelete    = 1 << 3
	triggerUpdate    = 1 << 4
	triggerTruncate  = 1 << 5
	triggerInsteadOf = 1 << 6
)

func (b *builder) createTrigger(s *pg.CreateTrigStmt) {
	c := CreateTrigger{
		Relation:   b.created(rangeName(s.GetRelation())),
		Name:       s.GetTrigname(),
		Replace:    s.GetReplace(),
		Constraint: s.GetIsconstraint(),
		From:       rangeName(s.GetConstrrel()),
		Timing:     "after",
		Row:        s.GetRow(),
		Function:   nameOf(s.GetFuncname()),

		Conditional: s.GetWhenClause() != nil || len(s.GetColumns()) > 0,
	}
	switch {
	case s.GetTiming()&triggerBefore != 0:
		c.Timing = "before"
	case s.GetTiming()&triggerInsteadOf != 0:
		c.Timing = "instead of"
	}
	for _, e := range []struct {
		bit  int32
		name string
	}{
		{triggerInsert, "insert"}, {triggerUpdate, "update"},
		{triggerDelete, "delete"}, {triggerTruncate, "truncate"},
	} {
		if s.GetEvents()&e.bit != 0 {
			c.Events = append(c.Events, e.name)
		}
	}
	b.add(c)
}

var ruleEvents = map[pg.CmdType]string{
	pg.CmdType_CMD_SELECT: "select", pg.CmdType_CMD_INSERT: "insert",
	pg.CmdType_CMD_UPDATE: "update", pg.CmdType_CMD_DELETE: "delete",
}

func (b *builder) createRule(s *pg.RuleStmt) {
	b.add(CreateRule{Relation: rangeName(s.GetRelation()), Name: s.GetRulename(),
		Event: ruleEvents[s.GetEvent()], Instead: s.GetInstead(), Replace: s.GetReplace()})
}

func (b *builder) createPolicy(s *pg.CreatePolicyStmt) {
	b.add(CreatePolicy{Relation: rangeName(s.GetTable()), Name: s.GetPolicyName(),
		Command: s.GetCmdName(), Restrictive: !s.GetPermissive()})
}
