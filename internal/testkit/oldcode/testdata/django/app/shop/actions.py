"""What the application does, in its n-th round."""

from decimal import Decimal

from django.db import connection, transaction

from .models import Account, Order, Payment, Plan, RecentVisit, Tag, Team, Visit


def sign_up(n):
    team, _ = Team.objects.get_or_create(name="red")
    account = Account.objects.create(email=f"user-{n}@example.com", full_name=None, score=n, bio="bio", team=team)
    account.refresh_from_db()
    assert account.level == 1


def change(n):
    with transaction.atomic():
        account = Account.objects.select_for_update().get(email=f"user-{n}@example.com")
        account.full_name = f"user {n}"
        account.score += 1
        account.save()
    Account.objects.filter(email=f"user-{n}@example.com").update(full_name=None)
    Account.objects.filter(email=f"user-{n}@example.com").update(full_name=f"user {n}")


def find_all(n):
    assert list(Account.objects.filter(team__name="red").order_by("email").select_related("team"))


def nickname(n):
    with connection.cursor() as cursor:
        cursor.execute("SELECT nickname FROM accounts WHERE email = %s", [f"user-{n}@example.com"])
        cursor.fetchall()


def motto(n):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE teams SET motto = %s WHERE name = 'red'", ["onwards"])


def pay(n):
    Payment.objects.create(type="CardPayment", amount=10 * n, card="4242")
    assert Payment.objects.latest("id").card == "4242"


def plans(n):
    assert Plan.objects.get(code="basic").price == 10


def order(n):
    account = Account.objects.get(email=f"user-{n}@example.com")
    with transaction.atomic():
        order = Order.objects.create(account=account, total=Decimal("12.5"), remark="soon")
        order = Order.objects.get(pk=order.pk)
        order.state = "paid"
        order.save()
    assert list(account.order_set.values_list("state", flat=True)) == ["paid"]


def tag(n):
    account = Account.objects.get(email=f"user-{n}@example.com")
    label, _ = Tag.objects.get_or_create(label="new")
    account.tags.add(label)
    assert [t.label for t in account.tags.all()] == ["new"]


def count(n):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO counters (name, n) VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET n = EXCLUDED.n",
            ["hits", n],
        )


def audit(n):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO audits (what) VALUES ('round')")
        cursor.execute("DELETE FROM audits WHERE what = 'round'")


def visit(n):
    Visit.objects.create(page="/")
    assert RecentVisit.objects.latest("id").page == "/"


def invoice(n):
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('invoice_numbers')")


def slug(n):
    with connection.cursor() as cursor:
        cursor.execute("SELECT slug('A b')")


ACTIONS = [sign_up, change, find_all, nickname, motto, pay, plans, order, tag, count, audit, visit, invoice, slug]
