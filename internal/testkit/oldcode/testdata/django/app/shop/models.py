from django.db import models


class Team(models.Model):
    name = models.TextField()

    class Meta:
        db_table = "teams"


class Tag(models.Model):
    label = models.TextField(unique=True)

    class Meta:
        db_table = "tags"


class Account(models.Model):
    email = models.CharField(max_length=200, unique=True)
    full_name = models.TextField(null=True, db_column="name")
    score = models.IntegerField(default=0)
    level = models.IntegerField(default=1)
    bio = models.CharField(max_length=100, null=True)
    team = models.ForeignKey(Team, null=True, on_delete=models.CASCADE)
    tags = models.ManyToManyField(Tag, db_table="accounts_tags")

    class Meta:
        db_table = "accounts"


class Payment(models.Model):
    type = models.TextField()
    amount = models.IntegerField()
    card = models.TextField(null=True)

    class Meta:
        db_table = "payments"


class Plan(models.Model):
    code = models.TextField()
    price = models.IntegerField(null=True)

    class Meta:
        db_table = "plans"
        managed = False


class Order(models.Model):
    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    total = models.DecimalField(max_digits=10, decimal_places=2)
    state = models.CharField(max_length=10, default="new")
    remark = models.TextField(null=True)
    placed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "orders"


class Counter(models.Model):
    name = models.TextField(unique=True)
    n = models.IntegerField()

    class Meta:
        db_table = "counters"


class Visit(models.Model):
    page = models.TextField()

    class Meta:
        db_table = "visits"


class RecentVisit(models.Model):
    page = models.TextField()

    class Meta:
        db_table = "recent_visits"
        managed = False
