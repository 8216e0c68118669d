package javascript

import (
	"testing"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
)

// FuzzRead: no text stops a scan.
func FuzzRead(f *testing.F) {
	f.Add("a.ts", "import { Entity, Column as C } from 'typeorm'; @Entity({ name: 'x' }) export class A extends B { @C(() => D, { prefix: false }) e; @ManyToMany(() => A) @JoinTable() f }")
	f.Add("a.js", "const { pgTable } = require('drizzle-orm/pg-core'); pgTable('u', { ...a, b: c('d').e(), [f]: g }); sql`${x} ${y}`; knex('t as u').select('u.*').insert({ a, ...b })")
	f.Add("a.js", "const { Sequelize } = require('sequelize'); new Sequelize(a, { define: { underscored: true } }); sequelize.define('A', { b: { field: 'c' } }, { tableName: 'd' }); X.init({}, {}); A.belongsToMany(B, { through: 'c' })")
	f.Add("package.json", `{"name":"x","dependencies":{"pg":"npm:x"}}`)
	f.Add("a.prisma", "model A {\n id Int @id @map(\"x\")\n b B[] @relation(name: \"y\")\n @@map(\"z\")\n}\n")
	f.Add("a.tsx", "const a = styled(B)<{ c: D<E> }>`x`; a<b>`c")
	// What leads in a circle.
	f.Add("a.ts", "import { Entity, Column } from 'typeorm'; @Entity('x') class A extends A { @Column(() => A) b; @Column(() => A, { prefix: false }) c; @Column(() => A, { prefix: false }) d }")
	f.Add("a.js", "const a = x ? b : b; const b = y ? a : a; pool.query(a); const c = [c, c, c, d], d = [c, c, d]; q.where(c)")
	f.Add("a.js", "const { pgTable } = require('drizzle-orm/pg-core'); const a = { ...a, ...b, c }, b = { ...a, ...b, c }, c = c; pgTable('x', a)")
	f.Add("a.ts", "import { Table, Model } from 'sequelize-typescript'; @Table class A extends B {} class B extends A {}")
	f.Fuzz(func(t *testing.T, path, src string) {
		findings := &found.Findings{}
		other := Read("other/package.json", []byte(`{"dependencies":{"typeorm":"1","sequelize":"6","knex":"3","drizzle-orm":"1","@prisma/client":"6"}}`))
		Resolve([]*File{Read(path, []byte(src)), other}, findings)
		findings.Contract(contract.Source{Whole: true})
	})
}
