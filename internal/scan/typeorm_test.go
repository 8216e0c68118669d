package scan_test

import (
	"testing"

	"github.com/migguard/migguard/internal/contract"
)

const typeormPackage = `{"dependencies":{"typeorm":"1","pg":"8","@nestjs/common":"10","class-validator":"1"}}`

func TestTypeORM(t *testing.T) {
	t.Parallel()
	const head = "import { Entity, ViewEntity, ChildEntity, TableInheritance, Column, Column as Col, PrimaryColumn, PrimaryGeneratedColumn, CreateDateColumn, VersionColumn, ManyToOne, OneToOne, OneToMany, ManyToMany, JoinColumn, JoinTable, Tree, TreeParent, TreeChildren, BaseEntity, Index, EntitySchema, DeleteDateColumn } from 'typeorm'\n" +
		"import { IsString } from 'class-validator'\nimport { Mine } from './mine'\n"
	const id = "@PrimaryGeneratedColumn('uuid') id: string; "
	for name, tt := range map[string]struct {
		source, want string
		columns      map[string]contract.Verdict
	}{
		"plain": {"@Entity('users')\nexport class User extends BaseEntity { " + id + "@Column() firstName: string; @Column({ name: 'last_name', type: 'text' }) @Index() lastName: string; @Column('varchar', { length: 9, name: 'nick' }) nick_: string; @CreateDateColumn() createdAt: Date; @VersionColumn() version: number; plain: string; @IsString() checked: string }",
			"users User", map[string]contract.Verdict{"users.id": "yes", "users.firstName": "yes", "users.last_name": "yes", "users.lastName": "no", "users.nick": "yes", "users.createdAt": "yes", "users.version": "yes", "users.plain": "no", "users.checked": "no", "users.old": "no", "users.old w": "no"}},
		"default name": {"@Entity() export class UserAPIKey { " + id + "}", "user_api_key UserAPIKey", nil},
		"options":      {"@Entity({ name: 'users', schema: 'app' }) export class User { " + id + "}", "app.users User", nil},
		"dotted":       {"@Entity('app.users') export class User { " + id + "}", "app.users User", nil},
		"constant":     {"const T = 'users'; @Entity(T) export class User { " + id + "}", "users User", nil},
		"computed":     {"@Entity(name()) export class User { " + id + "}", "", map[string]contract.Verdict{"users.old": "unknown"}},
		"renamed":      {"@Entity('users') class User { @Col() a: string }", "users User", map[string]contract.Verdict{"users.a": "yes", "users.old": "no"}},
		"relations": {"@Entity('users') export class User { " + id + "@ManyToOne(() => Team, (t) => t.users) team: Team; @ManyToOne(() => Team) @JoinColumn({ name: 'old_team' }) oldTeam: Team; @OneToMany(() => Post, (p) => p.user) posts: Post[]; @OneToOne(() => Team) lead: Team; @OneToOne(() => Team) @JoinColumn() head: Team; @ManyToOne(() => Team) @JoinColumn({ referencedColumnName: 'code' }) by: Team }\n@Entity('teams') export class Team { @PrimaryColumn() key: number; @Column() code: string }",
			"teams Team; users User", map[string]contract.Verdict{"users.teamKey": "yes", "users.old_team": "yes", "users.oldTeamKey": "no", "users.leadKey": "no", "users.headKey": "yes", "users.posts": "no", "users.byCode": "yes", "users.team": "no"}},
		"unknown target": {"import { Team } from 'teams-lib'; @Entity('users') export class User { " + id + "@ManyToOne(() => Team) team: Team }", "users User", map[string]contract.Verdict{"users.teamId": "unknown"}},
		"join table": {"@Entity('users') export class User { " + id + "@ManyToMany(() => Team) @JoinTable() teams: Team[]; @ManyToMany(() => Team) @JoinTable({ name: 'ut' }) others: Team[]; @ManyToMany(() => Team, (t) => t.x) y: Team[] }\n@Entity() export class Team { " + id + "}",
			"team Team; users User; users_teams_team JoinTable_User.teams; ut JoinTable_User.others", map[string]contract.Verdict{"users_teams_team.usersId": "yes", "users.teams": "no"}},
		"base":          {"abstract class Base { " + id + "@DeleteDateColumn({ name: 'gone' }) deletedAt: Date }\n@Entity('users') export class User extends Base { @Column() a: string }", "users User", map[string]contract.Verdict{"users.id": "yes", "users.gone": "yes", "users.a": "yes", "users.old": "no"}},
		"library base":  {"import { Base } from 'x'; @Entity('users') export class User extends Base { @Column() a: string }", "users User", map[string]contract.Verdict{"users.a": "yes", "users.old": "unknown"}},
		"mixin":         {"@Entity('users') export class User extends Mixed(Base) { @Column() a: string }", "users User", map[string]contract.Verdict{"users.a": "yes", "users.old": "unknown"}},
		"sti":           {"@Entity('users') @TableInheritance({ column: { type: 'varchar', name: 'kind' } }) export class User { " + id + "}\n@ChildEntity() export class Admin extends User { @Column() level: number }", "users Admin User", map[string]contract.Verdict{"users.kind": "yes", "users.level": "yes", "users.type": "no"}},
		"embedded":      {"class Name { @Column() first: string; @Column() lastName: string }\n@Entity('users') export class User { " + id + "@Column(() => Name) name: Name; @Column(() => Name, { prefix: false }) n2: Name; @Column(() => Name, { prefix: 'x_y' }) n3: Name }", "users User", map[string]contract.Verdict{"users.nameFirst": "yes", "users.nameLastname": "yes", "users.first": "yes", "users.xYFirst": "yes", "users.name": "no", "users.old": "no"}},
		"tree":          {"@Entity('c') @Tree('materialized-path') export class C { " + id + "@TreeParent() parent: C; @TreeChildren() children: C[] }\n@Entity('d') @Tree('closure-table') export class D { " + id + "@TreeParent() up: D }", "c C; d D; d_closure closure_of_D", map[string]contract.Verdict{"c.parentId": "yes", "c.mpath": "yes", "c.children": "no", "d.upId": "yes"}},
		"own decorator": {"@Entity('users') export class User { " + id + "@Mine() a: string }", "users User", map[string]contract.Verdict{"users.old": "unknown"}},
		"spread":        {"@Entity('users') export class User { " + id + "@Column({ ...opts }) a: string }", "users User", map[string]contract.Verdict{"users.old": "unknown"}},
		"schema":        {"export const U = new EntitySchema({ name: 'u', columns: {} })", "", map[string]contract.Verdict{"users.old": "unknown"}},
		"view":          {"@ViewEntity({ name: 'v', expression: `SELECT id AS n, old FROM base_table` }) export class V { @Column() n: number }", "base_table; v V", map[string]contract.Verdict{"base_table.old": "yes", "v.n": "yes"}},
		"strategy":      {"@Entity('users') export class User { " + id + "@Column() firstName: string }\nnew DataSource({ namingStrategy: new My() })", "users User", map[string]contract.Verdict{"users.first_name": "unknown", "users.old": "unknown"}},
		"none":          {"export class A {}", "", map[string]contract.Verdict{"users.old": "unknown"}},
		"query":         {"@Entity('users') export class User { " + id + "}\nrepo.query(sql)", "users User", map[string]contract.Verdict{"users.old": "unknown"}},
		"builder":       {"@Entity('users') export class User { " + id + "}\nrepo.createQueryBuilder('u').where('u.old = :x', { x }).andWhere('u.other IS NULL').getMany()", "users User", map[string]contract.Verdict{"users.old": "unknown", "users.other": "unknown", "users.third": "no"}},
		"builder fine":  {"@Entity('users') export class User { " + id + "}\nrepo.createQueryBuilder('u').leftJoinAndSelect('u.x', 'x').leftJoin(User, 'v', 'v.id = u.id', params).where('u.id = :id', params).andWhere(new Brackets((q) => q.where('a'))).orderBy('u.id', direction); map.set(k, v); path.join(a, b); repo.update(id, dto); array.join(x)", "users User", map[string]contract.Verdict{"users.old": "no", "users.a": "unknown"}},
		"builder of":    {"@Entity('users') export class User { " + id + "}\nrepo.createQueryBuilder('u').orderBy(column)", "users User", map[string]contract.Verdict{"users.old": "unknown"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := tree(t, map[string]string{"package.json": typeormPackage, "src/words.js": someWords, "src/all.ts": head + tt.source, "src/mine.ts": "export const Mine = () => Column()"})
			if got := tables(c); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
			expect(t, c, tt.columns)
		})
	}
	c := tree(t, map[string]string{"package.json": `{"dependencies":{"typeorm":"1","typeorm-naming-strategies":"4"}}`,
		"src/base.entity.ts":       "import { PrimaryGeneratedColumn, CreateDateColumn } from 'typeorm'; export abstract class BaseEntity { @PrimaryGeneratedColumn() id: number; @CreateDateColumn() createdAt: Date }",
		"src/users/user.entity.ts": "import { Entity, Column, ManyToOne } from 'typeorm'; import { BaseEntity } from '../base.entity'; import Team from '@/team.entity'; @Entity() export class UserAccount extends BaseEntity { @Column() firstName: string; @ManyToOne(() => Team) bigTeam: Team }",
		"src/team.entity.ts":       "import { Entity, PrimaryColumn } from 'typeorm'; @Entity('teams') export default class Team { @PrimaryColumn() id: number }",
		"src/db.ts":                "import { SnakeNamingStrategy } from 'typeorm-naming-strategies'; export const db = new DataSource({ namingStrategy: new SnakeNamingStrategy() })"})
	if got := tables(c); got != "teams Team; user_account UserAccount" {
		t.Error(got)
	}
	expect(t, c, map[string]contract.Verdict{"user_account.created_at": "yes", "user_account.first_name": "yes", "user_account.big_team_id": "yes", "user_account.firstName": "no", "user_account.old": "no"})
}
