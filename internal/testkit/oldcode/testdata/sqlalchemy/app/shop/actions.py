"""What the application does, in its n-th round, each time in a session of its own."""

from decimal import Decimal

from sqlalchemy import select, text, update

from .models import Account, CardPayment, Order, Payment, Plan, RecentVisit, Tag, Team, Visit


def team(session):
    found = session.execute(select(Team).filter_by(name="red")).scalars().first()
    if found is None:
        found = Team(name="red")
        session.add(found)
    return found


def one(session, n):
    return session.query(Account).filter(Account.email == f"user-{n}@example.com").one()


def sign_up(session, n):
    account = Account(email=f"user-{n}@example.com", full_name=None, score=n, bio="bio", team=team(session))
    session.add(account)
    session.commit()
    assert account.level == 1


def change(session, n):
    account = session.query(Account).filter_by(email=f"user-{n}@example.com").with_for_update().one()
    account.full_name = f"user {n}"
    account.score += 1
    session.commit()
    for name in None, f"user {n}":
        session.execute(update(Account).where(Account.email == f"user-{n}@example.com").values(full_name=name))
    session.commit()


def find_all(session, n):
    assert session.query(Account).join(Account.team).filter(Team.name == "red").order_by(Account.email).all()


def nickname(session, n):
    session.execute(text("SELECT nickname FROM accounts WHERE email = :email"), {"email": f"user-{n}@example.com"}).all()


def motto(session, n):
    session.execute(text("UPDATE teams SET motto = :motto WHERE name = 'red'"), {"motto": "onwards"})
    session.commit()


def pay(session, n):
    session.add(CardPayment(amount=10 * n, card="4242"))
    session.commit()
    assert session.query(Payment).order_by(Payment.id.desc()).first().card == "4242"


def plans(session, n):
    assert session.query(Plan).filter_by(code="basic").one().price == 10


def order(session, n):
    placed = Order(account_id=one(session, n).id, total=Decimal("12.5"), remark="soon")
    session.add(placed)
    session.flush()
    placed.state = "paid"
    session.commit()
    assert session.execute(select(Order.state).where(Order.id == placed.id)).scalars().all() == ["paid"]


def tag(session, n):
    label = session.query(Tag).filter_by(label="new").first() or Tag(label="new")
    account = one(session, n)
    account.tags.append(label)
    session.commit()
    assert [t.label for t in account.tags] == ["new"]


def count(session, n):
    session.execute(
        text("INSERT INTO counters (name, n) VALUES (:name, :n) ON CONFLICT (name) DO UPDATE SET n = EXCLUDED.n"),
        {"name": "hits", "n": n},
    )
    session.commit()


def audit(session, n):
    session.execute(text("INSERT INTO audits (what) VALUES ('round')"))
    session.execute(text("DELETE FROM audits WHERE what = 'round'"))
    session.commit()


def visit(session, n):
    session.add(Visit(page="/"))
    session.commit()
    assert session.query(RecentVisit).order_by(RecentVisit.id.desc()).first().page == "/"


def invoice(session, n):
    session.execute(text("SELECT nextval('invoice_numbers')"))


def slug(session, n):
    session.execute(text("SELECT slug('A b')"))


ACTIONS = [sign_up, change, find_all, nickname, motto, pay, plans, order, tag, count, audit, visit, invoice, slug]
