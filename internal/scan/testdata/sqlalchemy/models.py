"""Models in the ways people write them, for SQLAlchemy 1.4 and later."""
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, Text
from sqlalchemy.orm import (
    column_property,
    declarative_base,
    declared_attr,
    deferred,
    registry,
    relationship,
)

Base = declarative_base()
db = SQLAlchemy(metadata=Base.metadata)
mapper_registry = registry(metadata=Base.metadata)


class Stamped:
    made = Column("made_at", sa.DateTime, server_default=sa.text("now()"))

    @declared_attr
    def owner_id(cls):
        return Column(Integer, ForeignKey("people.id"))


class Named(Base):
    __abstract__ = True

    id = Column(Integer, primary_key=True)
    name = Column("label", String(50))


class Person(Named):
    __tablename__ = "people"

    nick = Column(name="nick_name", type_=Text)
    biography = deferred(Column(Text))
    kind = Column(String(20))
    shout = column_property(sa.func.upper(nick))
    tags = relationship("Tag", secondary="people_tags")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "person"}


class Guest(Person):
    badge = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "guest"}


class Employee(Person):
    __tablename__ = "employees"

    id = Column(ForeignKey("people.id"), primary_key=True)
    salary = Column(sa.Numeric(10, 2), nullable=False, default=1)
    __mapper_args__ = {"polymorphic_identity": "employee"}


class Note(Stamped, Named):
    __tablename__ = "notes"
    __table_args__ = (sa.Index("notes_label", "label"), {"comment": "x"})

    owner = relationship(Person)


Table(
    "people_tags",
    Base.metadata,
    Column("person_id", ForeignKey("people.id")),
    Column("tag_id", ForeignKey("tags.id")),
)


class Tag(Named):
    __tablename__ = "tags"


class Classic:
    pass


classics = Table(
    "classics",
    Base.metadata,
    Column("id", Integer, primary_key=True),
    Column("what", Text, key="thing"),
)
mapper_registry.map_imperatively(Classic, classics)

counters = Table("counters", MetaData(), Column("name", Text), Column("n", Integer))


class OAuth2ClientURL(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    line = db.Column(db.String(80))


def reflected(engine):
    """Models of what the database has, as far as it is not left out."""
    mapped = declarative_base()

    class Partly(mapped):
        __table__ = Table("partly", mapped.metadata, autoload_with=engine)
        __mapper_args__ = {"exclude_properties": ["spare"]}

    class Wholly(mapped):
        __tablename__ = "wholly"
        __table_args__ = {"autoload_with": engine}

    return Partly, Wholly
