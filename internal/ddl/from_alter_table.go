package ddl

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

func (b *builder) alterPartition(cmd *pg.AlterTableCmd) bool {
	rel, part := b.target, cmd.GetDef().GetPartitionCmd()
	partition := rangeName(part.GetName())
	switch cmd.GetSubtype() {
	case pg.AlterTableType_AT_AttachPartition:
		if b.kind == KindIndex {
			b.add(AttachIndex{Index: rel, Partition: partition})
			break
		}
		b.add(AttachPartition{Relation: rel, Partition: partition,
			Default: part.GetBound().GetIsDefault()})
	case pg.AlterTableType_AT_DetachPartition:
		b.alone = b.alone || part.GetConcurrent()
		b.add(DetachPartition{Relation: rel, Partition: partition,
			Concurrently: part.GetConcurrent()})
	case pg.AlterTableType_AT_DetachPartitionFinalize:
		b.add(DetachPartition{Relation: rel, Partition: partition, Finalize: true})
	case pg.AlterTableType_AT_AddInherit:
		b.add(SetInherit{Relation: rel, Parent: rangeName(cmd.GetDef().GetRangeVar())})
	case pg.AlterTableType_AT_DropInherit:
		b.add(SetInherit{Relation: rel, Parent: rangeName(cmd.GetDef().GetRangeVar()), Remove: true})
	default:
		return false
	}
	return true
}

func (b *builder) alterStorage(cmd *pg.AlterTableCmd) bool {
	rel := b.target
	switch cmd.GetSubtype() {
	case pg.AlterTableType_AT_SetLogged:
		b.add(SetLogged{Relation: rel, Logged: true})
	case pg.AlterTableType_AT_SetUnLogged:
		b.add(SetLogged{Relation: rel})
	case pg.AlterTableType_AT_SetTableSpace:
		b.add(SetTablespace{Relation: rel, Tablespace: cmd.GetName()})
	case pg.AlterTableType_AT_SetAccessMethod:
		b.add(SetAccessMethod{Relation: rel, Method: cmd.GetName()})
	case pg.AlterTableType_AT_SetRelOptions, pg.AlterTableType_AT_ResetRelOptions,
		pg.AlterTableType_AT_ReplaceRelOptions:
		b.add(SetOptions{Relation: rel,
			Reset:   cmd.GetSubtype() == pg.AlterTableType_AT_ResetRelOptions,
			Options: optionNames(cmd.GetDef().GetList().GetItems())})
	case pg.AlterTableType_AT_ClusterOn:
		b.add(SetClusterIndex{Relation: rel, Index: cmd.GetName()})
	case pg.AlterTableType_AT_DropCluster:
		b.add(SetClusterIndex{Relation: rel})
	default:
		return false
	}
	return true
}

// triggerFiring maps what ENABLE and DISABLE do, for triggers and rules alike.
var triggerFiring = map[pg.AlterTableType]Firing{
	pg.AlterTableType_AT_EnableTrig:        Enabled,
	pg.AlterTableType_AT_EnableTrigAll:     Enabled,
	pg.AlterTableType_AT_EnableTrigUser:    Enabled,
	pg.AlterTableType_AT_EnableAlwaysTrig:  EnabledAlways,
	pg.AlterTableType_AT_EnableReplicaTrig: EnabledReplica,
	pg.AlterTableType_AT_DisableTrig:       Disabled,
	pg.AlterTableType_AT_DisableTrigAll:    Disabled,
	pg.AlterTableType_AT_DisableTrigUser:   Disabled,
}

var ruleFiring = map[pg.AlterTableType]Firing{
	pg.AlterTableType_AT_EnableRule:        Enabled,
	pg.AlterTableType_AT_EnableAlwaysRule:  EnabledAlways,
	pg.AlterTableType_AT_EnableReplicaRule: EnabledReplica,
	pg.AlterTableType_AT_DisableRule:       Disabled,
}

func (b *builder) alterTrigger(cmd *pg.AlterTableCmd) bool {
	sub := cmd.GetSubtype()
	if firing, ok := triggerFiring[sub]; ok {
		b.add(SetTrigger{Relation: b.target, Name: cmd.GetName(), Firing: firing,
			All:  sub == pg.AlterTableType_AT_EnableTrigAll || sub == pg.AlterTableType_AT_DisableTrigAll,
			User: sub == pg.AlterTableType_AT_EnableTrigUser || sub == pg.AlterTableType_AT_DisableTrigUser})
		return true
	}
	if firing, ok := ruleFiring[sub]; ok {
		b.add(SetRule{Relation: b.target, Name: cmd.GetName(), Firing: firing})
		return true
	}
	return false
}

var rowSecurityActions = map[pg.AlterTableType]string{
	pg.AlterTableType_AT_EnableRowSecurity:  "enable",
	pg.AlterTableType_AT_DisableRowSecurity: "disable",
	pg.AlterTableType_AT_ForceRowSecurity:   "force",
	pg.AlterTableType_AT_NoForceRowSecurity: "no force",
}

var replicaIdentities = map[string]string{
	"d": "default", "f": "full", "n": "nothing", "i": "index",
}

func (b *builder) alterOther(cmd *pg.AlterTableCmd) {
	rel, sub := b.target, cmd.GetSubtype()
	if action, ok := rowSecurityActions[sub]; ok {
		b.add(SetRowSecurity{Relation: rel, Action: action})
		return
	}
	switch sub {
	case pg.AlterTableType_AT_ChangeOwner:
		b.add(SetOwner{Object: rel, Kind: b.kind, Owner: roleName(cmd.GetNewowner())})
	case pg.AlterTableType_AT_ReplicaIdentity:
		def := cmd.GetDef().GetReplicaIdentityStmt()
		b.add(SetReplicaIdentity{Relation: rel,
			Identity: replicaIdentities[def.GetIdentityType()], Index: def.GetName()})
	case pg.AlterTableType_AT_AddOf:
		b.add(SetOfType{Relation: rel, Of: b.typeText(cmd.GetDef().GetTypeName())})
	case pg.AlterTableType_AT_DropOf:
		b.add(SetOfType{Relation: rel})
	default:
		b.add(OtherTable{Relation: rel, Action: actionLabel(sub)})
	}
}

func actionLabel(t pg.AlterTableType) string { return strings.TrimPrefix(t.String(), "AT_") }
