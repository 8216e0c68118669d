import { BaseEntity, ChildEntity, Column, CreateDateColumn, DeleteDateColumn, Entity, JoinColumn, JoinTable, ManyToMany, ManyToOne, OneToMany, OneToOne, PrimaryColumn, PrimaryGeneratedColumn, TableInheritance, Tree, TreeChildren, TreeParent, VersionColumn } from "typeorm";

export abstract class Stamped extends BaseEntity {
  @PrimaryGeneratedColumn() id: number;
  @CreateDateColumn() createdAt: Date;
  @DeleteDateColumn({ name: "gone_at" }) deletedAt: Date;
}

export class Name {
  @Column("text") first: string;
  @Column("text") lastName: string;
}

@Entity()
export class BigTeam {
  @PrimaryColumn("text") key: string;
  @Column("text", { name: "team_title" }) title: string;
  @OneToMany(() => UserAccount, (u) => u.team) users: UserAccount[];
}

@Entity("profile")
export class Profile {
  @PrimaryGeneratedColumn("uuid") id: string;
  @Column({ type: "text", nullable: true }) bio: string;
}

@Entity()
export class UserAccount extends Stamped {
  @Column(() => Name) name: Name;
  @Column(() => Name, { prefix: "other" }) second: Name;
  @Column({ type: "text", select: false, nullable: true }) secretWord: string;
  @VersionColumn() version: number;
  @ManyToOne(() => BigTeam, (t) => t.users) team: BigTeam;
  @ManyToOne(() => BigTeam) @JoinColumn({ name: "old_team" }) oldTeam: BigTeam;
  @OneToOne(() => Profile) @JoinColumn() profile: Profile;
  @ManyToMany(() => BigTeam) @JoinTable() followed: BigTeam[];
  @ManyToMany(() => Profile) @JoinTable({ name: "seen_profiles" }) seen: Profile[];
}

@Entity("content")
@TableInheritance({ column: { type: "text", name: "kind" } })
export class Content {
  @PrimaryGeneratedColumn() id: number;
  @Column("text") title: string;
}

@ChildEntity()
export class Photo extends Content {
  @Column({ type: "int", nullable: true }) sizeInBytes: number;
}

@Entity("category")
@Tree("closure-table")
export class Category {
  @PrimaryGeneratedColumn() id: number;
  @Column("text") title: string;
  @TreeParent() parent: Category;
  @TreeChildren() children: Category[];
}

@Entity("place")
@Tree("materialized-path")
export class Place {
  @PrimaryGeneratedColumn() id: number;
  @TreeParent() parent: Place;
  @TreeChildren() children: Place[];
}
