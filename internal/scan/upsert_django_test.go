package scan_test

import "testing"

// TestDjangoUpserts: whose unique index bulk_create asks for.
func TestDjangoUpserts(t *testing.T) {
	t.Parallel()
	const models = `from django.db import models
class Account(models.Model):
  mail = models.EmailField(db_column='email', unique=True)
  kind = models.TextField()
  team = models.ForeignKey('Team', on_delete=models.CASCADE)
class Team(models.Model):
  key = models.UUIDField(primary_key=True)
  mail = models.EmailField()
`
	const imports = "from shop.models import Account, Team\nfrom shop import models\n"
	for source, want := range map[string]string{
		"Account.objects.bulk_create(rows, update_conflicts=True, unique_fields=['mail'], update_fields=['kind'])": "shop_account: email",
		"Account.objects.bulk_create(rows, update_conflicts=True, unique_fields=('team', 'kind'))":                 "shop_account: kind, team_id",
		"Account.objects.bulk_create(rows, update_conflicts=True, unique_fields=['pk'])":                           "shop_account: id",
		"models.Team.objects.abulk_create(rows, update_conflicts=True, unique_fields=['pk'])":                      "shop_team: key",
		"Account.objects.bulk_create(rows, update_conflicts=True, unique_fields=fields)":                           "shop_account: what is not known",
		"Account.objects.bulk_create(rows, update_conflicts=how, unique_fields=['mail', *more])":                   "shop_account: what is not known",
		"Account.objects.bulk_create(rows, update_conflicts=True, unique_fields=['unheard'])":                      "shop_account: what is not known",
		"Account.objects.bulk_create(rows, **options)":                                                             "shop_account: what is not known",
		"Account.objects.bulk_create(rows, ignore_conflicts=True)":                                                 "",
		"Account.objects.update_or_create(mail=x)":                                                                 "",
		"account.team.bulk_create(rows, update_conflicts=True, unique_fields=['kind'])":                            "?: kind",
		"self.bulk_create(rows, update_conflicts=True, unique_fields=['mail'])":                                    "?: email; ?: mail",
		"self.bulk_create(rows, update_conflicts=True, unique_fields=['unheard'])":                                 anything,
		"def f(Account):\n  Account.objects.bulk_create(rows, update_conflicts=True, unique_fields=['kind'])":      "?: kind",
		"put = partial(Account.objects.bulk_create, update_conflicts=True, unique_fields=['mail'])":                anything,
	} {
		c := tree(t, map[string]string{"shop/models.py": models, "shop/a.py": imports + source})
		if got := upserts(c); got != want {
			t.Errorf("%s\n%s\nwant\n%s", source, got, want)
		}
	}
}
