import { Column, Entity, JoinColumn, ManyToOne, OneToMany, PrimaryGeneratedColumn } from "typeorm";

@Entity("teams")
export class Team {
  @PrimaryGeneratedColumn({ type: "bigint" }) id: string;
  @Column("text") name: string;
  @OneToMany(() => Account, (a) => a.team) accounts: Account[];
}

@Entity("accounts")
export class Account {
  @PrimaryGeneratedColumn({ type: "bigint" }) id: string;
  @Column({ type: "varchar", length: 200, unique: true }) email: string;
  @Column({ type: "text", nullable: true }) name: string | null;
  @Column({ type: "integer", default: 0 }) score: number;
  @ManyToOne(() => Team, (t) => t.accounts) @JoinColumn({ name: "team_id" }) team: Team;
  @OneToMany(() => Order, (o) => o.account) orders: Order[];
}

@Entity("orders")
export class Order {
  @PrimaryGeneratedColumn({ type: "bigint" }) id: string;
  @ManyToOne(() => Account, (a) => a.orders) @JoinColumn({ name: "account_id" }) account: Account;
  @Column("integer") total: number;
}
