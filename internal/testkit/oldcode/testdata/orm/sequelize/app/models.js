'use strict'

const { DataTypes } = require('sequelize')

module.exports = (sequelize) => {
  const Team = sequelize.define('Team', { name: { type: DataTypes.TEXT, allowNull: false } }, { timestamps: false, tableName: 'teams' })
  const Account = sequelize.define('Account', {
    id: { type: DataTypes.BIGINT, primaryKey: true, autoIncrement: true },
    email: { type: DataTypes.STRING(200), allowNull: false },
    name: DataTypes.TEXT,
    score: DataTypes.INTEGER,
    teamId: { type: DataTypes.BIGINT, field: 'team_id' }
  }, { timestamps: false, tableName: 'accounts' })
  const Order = sequelize.define('Order', {
    accountId: { type: DataTypes.BIGINT, field: 'account_id' },
    total: DataTypes.INTEGER
  }, { timestamps: false, tableName: 'orders' })
  Team.hasMany(Account, { foreignKey: 'teamId' })
  Account.belongsTo(Team, { foreignKey: 'teamId' })
  Account.hasMany(Order, { foreignKey: 'accountId' })
  Order.belongsTo(Account, { foreignKey: 'accountId' })
  return { Team, Account, Order }
}
