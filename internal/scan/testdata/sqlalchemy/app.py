"""Makes the tables, does its actions, and does them again when told to."""
import os
import sys

import flask
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Base,
    Classic,
    Employee,
    Guest,
    Note,
    OAuth2ClientURL,
    Person,
    Tag,
    counters,
    db,
    reflected,
)

URL = os.environ["DATABASE_URL"].replace("postgres://", "postgresql://")
engine = sa.create_engine(URL)
app = flask.Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = URL
db.init_app(app)


def act(session, partly, wholly):
    tag = Tag(name="t")
    people = [
        Person(name="p", nick="n", tags=[tag]),
        Guest(name="g", badge=3),
        Employee(name="e", salary=2),
    ]
    session.add_all(people + [Classic(), partly(n=1), wholly(n=1)])
    session.flush()
    session.add(Note(name="x", owner=people[0]))
    session.flush()
    session.expire_all()
    people[2].salary = 3
    people[0].biography = "long"
    session.flush()
    for model in (Person, Guest, Employee, Note, Tag, Classic, partly, wholly):
        query = sa.select(model)
        if hasattr(model, "nick"):
            query = query.where(model.nick != "nobody").order_by(model.name)
        for row in session.execute(query).scalars():
            session.refresh(row)
    [p.biography for p in session.query(Person).filter_by(name="p")]
    session.execute(sa.insert(counters).values(name="a", n=1))
    session.execute(sa.update(counters).values(n=counters.c.n + 1))
    session.execute(
        sa.text("SELECT label FROM people WHERE nick_name = :nick"), {"nick": "n"}
    ).all()
    session.query(Note).delete()
    session.commit()
    with app.app_context():
        db.session.add(OAuth2ClientURL(line="l"))
        db.session.commit()
        OAuth2ClientURL.query.order_by(OAuth2ClientURL.line).all()


def make():
    Base.metadata.create_all(engine)
    counters.create(engine)


def main():
    models = None
    for command in sys.stdin:
        if command == "make\n":
            make()
        elif command == "load\n":
            models = reflected(engine)
        else:
            with Session(engine) as session:
                act(session, *models)
        print("done", flush=True)


main()
