"""What the application does, in its n-th round, each time in a session of its own."""

from sqlalchemy import func, inspect, select, update as change
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload, selectinload

from .models import Account, Order, Team


def email(n):
    return f"user-{n}@example.com"


def one(session, n):
    return session.query(Account).filter(Account.email == email(n)).one()


def create(session, n):
    team = session.execute(select(Team).filter_by(name="red")).scalars().first() or Team(name="red")
    account = Account(email=email(n), name=None, team=team)
    account.orders.append(Order(total=n))
    session.add(account)
    session.commit()
    assert account.id and account.score == 0


def read(session, n):
    assert session.get(Account, one(session, n).id).email == email(n)


def update(session, n):
    assert session.execute(change(Account).where(Account.email == email(n)).values(score=n)).rowcount == 1
    session.commit()


def save(session, n):
    account = one(session, n)
    account.score += 1
    account.name = f"user {n}"
    session.commit()
    assert account.score == n + 1


def upsert(session, n):
    row = insert(Account).values(id=one(session, n).id, email=email(n), score=5)
    session.execute(row.on_conflict_do_update(index_elements=[Account.id], set_={"score": row.excluded.score}))
    session.commit()
    assert one(session, n).score == 5


def bulk(session, n):
    session.bulk_save_objects([Account(email=f"{x}-{n}", score=1) for x in "ab"])
    assert session.query(Account).filter(Account.email.in_([f"a-{n}", f"b-{n}"])).delete() == 2
    session.commit()


def rollback(session, n):
    one(session, n).score = 7
    session.flush()
    session.rollback()
    assert one(session, n).score == 5


def lock(session, n):
    session.query(Account).filter_by(email=email(n)).with_for_update(of=Account).one().score = 8
    session.commit()


def count(session, n):
    assert session.query(Account).filter_by(score=8).count() > 0


def group(session, n):
    placed = session.query(Account, func.count(Order.id)).join(Order).group_by(Account.id).all()
    assert any(account.email == email(n) and count == 1 for account, count in placed)


def join(session, n):
    assert session.query(Account).join(Account.team).join(Account.orders).filter(Team.name == "red").all()


def load(session, n):
    team = session.query(Team).options(selectinload(Team.accounts).joinedload(Account.orders)).filter_by(name="red").one()
    assert [order.total for account in team.accounts for order in account.orders]
    assert session.query(Account).options(joinedload(Account.team)).all()


def describe(session, n):
    assert any(column["name"] == "score" for column in inspect(session.connection()).get_columns("accounts"))


def delete(session, n):
    account = one(session, n)
    for order in account.orders:
        session.delete(order)
    session.delete(account)
    session.commit()
    assert session.query(Account).filter_by(email=email(n)).first() is None


ACTIONS = [create, read, update, save, upsert, bulk, rollback, lock, count, group, join, load, describe, delete]
