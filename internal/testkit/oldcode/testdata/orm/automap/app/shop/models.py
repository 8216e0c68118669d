"""Classes that SQLAlchemy makes of the tables which are there when it boots."""

from sqlalchemy.ext.automap import automap_base

Base = automap_base()


def load(engine):
    Base.prepare(engine, reflect=True)
