'use strict'

const { pgTable, bigserial, bigint, text, varchar, integer } = require('drizzle-orm/pg-core')
const { relations } = require('drizzle-orm')

const teams = pgTable('teams', { id: bigserial({ mode: 'number' }).primaryKey(), name: text().notNull() })
const accounts = pgTable('accounts', {
  id: bigserial({ mode: 'number' }).primaryKey(),
  email: varchar({ length: 200 }).notNull().unique(),
  name: text(),
  score: integer().notNull().default(0),
  teamId: bigint('team_id', { mode: 'number' }).references(() => teams.id)
})
const orders = pgTable('orders', {
  id: bigserial({ mode: 'number' }).primaryKey(),
  accountId: bigint('account_id', { mode: 'number' }).notNull().references(() => accounts.id),
  total: integer().notNull()
})
const teamsRelations = relations(teams, ({ many }) => ({ accounts: many(accounts) }))
const accountsRelations = relations(accounts, ({ one, many }) => ({ team: one(teams, { fields: [accounts.teamId], references: [teams.id] }), orders: many(orders) }))
const ordersRelations = relations(orders, ({ one }) => ({ account: one(accounts, { fields: [orders.accountId], references: [accounts.id] }) }))

module.exports = { teams, accounts, orders, teamsRelations, accountsRelations, ordersRelations }
