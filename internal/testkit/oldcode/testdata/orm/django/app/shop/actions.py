"""What the application does, in its n-th round."""

from django.db import connection, transaction
from django.db.models import Count

from .models import Account, Order, Team


def email(n):
    return f"user-{n}@example.com"


def one(n):
    return Account.objects.get(email=email(n))


def create(n):
    team, _ = Team.objects.get_or_create(name="red")
    account = Account.objects.create(email=email(n), name=None, team=team)
    account.refresh_from_db()
    assert account.id and account.score == 0
    Order.objects.create(account=account, total=n)


def read(n):
    assert Account.objects.get(pk=one(n).pk).email == email(n)


def update(n):
    assert Account.objects.filter(email=email(n)).update(score=n) == 1


def save(n):
    account = one(n)
    account.score += 1
    account.name = f"user {n}"
    account.save()
    assert one(n).score == n + 1


def upsert(n):
    Account.objects.bulk_create([Account(id=one(n).id, email=email(n), score=5)], ignore_conflicts=True)
    account, made = Account.objects.update_or_create(email=email(n), defaults={"score": 5})
    assert not made and one(n).score == 5


def bulk(n):
    Account.objects.bulk_create([Account(email=f"{x}-{n}", score=1) for x in "ab"])
    some = list(Account.objects.filter(email__in=[f"a-{n}", f"b-{n}"]))
    for account in some:
        account.score = 2
    Account.objects.bulk_update(some, ["score"])
    deleted, _ = Account.objects.filter(email__in=[f"a-{n}", f"b-{n}"], score=2).delete()
    assert deleted == 2


def rollback(n):
    try:
        with transaction.atomic():
            Account.objects.filter(email=email(n)).update(score=7)
            raise KeyError
    except KeyError:
        pass
    assert one(n).score == 5


def lock(n):
    with transaction.atomic():
        account = Account.objects.select_for_update(of=("self",)).select_related("team").get(email=email(n))
        account.score = 8
        account.save(update_fields=["score"])


def count(n):
    assert Account.objects.filter(score=8).count() > 0 and Account.objects.filter(score=8).exists()


def group(n):
    assert Account.objects.annotate(placed=Count("order")).get(email=email(n)).placed == 1


def join(n):
    assert list(Account.objects.filter(team__name="red", order__total=n).select_related("team"))


def load(n):
    team = Team.objects.prefetch_related("account_set__order_set").get(name="red")
    assert [order.total for account in team.account_set.all() for order in account.order_set.all()]


def describe(n):
    with connection.cursor() as cursor:
        assert "accounts" in connection.introspection.table_names(cursor, include_views=True)
        assert any(c.name == "score" for c in connection.introspection.get_table_description(cursor, "accounts"))


def delete(n):
    one(n).delete()
    assert not Account.objects.filter(email=email(n)).exists()


ACTIONS = [create, read, update, save, upsert, bulk, rollback, lock, count, group, join, load, describe, delete]
