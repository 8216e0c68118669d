"""What the application does, in its n-th round, each time in a session of its own."""

from . import models


def boot(engine):
    models.load(engine)
    models.Base.classes.accounts  # it is mapped


def create(session, n):
    accounts = models.Base.classes.accounts
    account = accounts(email=f"user-{n}@example.com")
    session.add(account)
    session.commit()
    assert account.id and account.score == 0


def save(session, n):
    accounts = models.Base.classes.accounts
    account = session.query(accounts).filter_by(email=f"user-{n}@example.com").one()
    account.score = n
    account.name = f"user {n}"
    session.commit()
    assert session.get(accounts, account.id).score == n


def delete(session, n):
    accounts = models.Base.classes.accounts
    session.delete(session.query(accounts).filter_by(email=f"user-{n}@example.com").one())
    session.commit()


ACTIONS = [create, save, delete]
