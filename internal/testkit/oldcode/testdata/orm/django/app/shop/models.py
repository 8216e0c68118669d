from django.db import models


class Team(models.Model):
    name = models.TextField()

    class Meta:
        db_table = "teams"


class Account(models.Model):
    email = models.CharField(max_length=200, unique=True)
    name = models.TextField(null=True)
    score = models.IntegerField(default=0)
    team = models.ForeignKey(Team, null=True, on_delete=models.CASCADE)

    class Meta:
        db_table = "accounts"


class Order(models.Model):
    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    total = models.IntegerField()

    class Meta:
        db_table = "orders"
