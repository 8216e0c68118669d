// Package sqlalchemy reads the Python of SQLAlchemy, of Flask-SQLAlchemy and of
// SQLModel: which tables the classes and Table objects stand for, and with which
// columns. What makes models by other means becomes a gap.
package sqlalchemy
