package scan_test

import (
	"maps"
	"testing"

	"github.com/migguard/migguard/internal/contract"
)

const modelsImport = "from django.db import models\n"

// TestDjangoTables: which tables and columns a model stands for.
func TestDjangoTables(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		source, want string
		columns      map[string]contract.Verdict
	}{
		"plain": {"class TimeEntry(models.Model):\n  hours = models.IntegerField()\n", "shop_timeentry TimeEntry",
			map[string]contract.Verdict{"shop_timeentry.hours": "yes", "shop_timeentry.id": "yes", "shop_timeentry.old": "no", "shop_timeentry.old w": "no"}},
		"db_table":    {"class A(models.Model):\n  class Meta:\n    db_table = 'things'\n", "things A", nil},
		"app_label":   {"class A(models.Model):\n  class Meta:\n    app_label = 'other'\n", "other_a A", nil},
		"foreign key": {"class A(models.Model):\n  b = models.ForeignKey('B', on_delete=models.CASCADE)\n  c = models.OneToOneField('C', db_column='c_ref')\n", "shop_a A", map[string]contract.Verdict{"shop_a.b_id": "yes", "shop_a.b": "no", "shop_a.c_ref": "yes", "shop_a.c_id": "no"}},
		"primary key": {"class A(models.Model):\n  code = models.CharField(primary_key=True)\n", "shop_a A", map[string]contract.Verdict{"shop_a.id": "no", "shop_a.code": "yes"}},
		"many to many": {"class A(models.Model):\n  bs = models.ManyToManyField('B')\n  cs = models.ManyToManyField('C', through='AC')\n  ds = models.ManyToManyField('D', db_table='a_d')\n",
			"a_d ManyToManyField_A.ds; shop_a A; shop_a_bs ManyToManyField_A.bs", map[string]contract.Verdict{"shop_a.bs": "no", "shop_a_bs.a_id": "yes"}},
		"abstract": {"class Base(models.Model):\n  made = models.DateTimeField()\n  class Meta:\n    abstract = True\n    app_label = 'x'\nclass A(Base):\n  n = models.TextField()\n", "x_a A",
			map[string]contract.Verdict{"x_a.made": "yes", "x_a.n": "yes", "x_a.old": "no"}},
		"mixin":         {"class M:\n  made = models.DateTimeField()\nclass A(M, models.Model):\n  pass\n", "shop_a A", map[string]contract.Verdict{"shop_a.made": "yes"}},
		"proxy":         {"class A(models.Model):\n  pass\nclass P(A):\n  class Meta:\n    proxy = True\n", "shop_a A", nil},
		"inheritance":   {"class A(models.Model):\n  n = models.TextField()\nclass B(A):\n  m = models.TextField()\n", "shop_a A; shop_b B", map[string]contract.Verdict{"shop_b.a_ptr_id": "yes", "shop_b.n": "no", "shop_b.id": "no", "shop_a.n": "yes"}},
		"unmanaged":     {"class A(models.Model):\n  class Meta:\n    managed = False\n    db_table = 'v'\n", "v A", nil},
		"condition":     {"class A(models.Model):\n  if X:\n    n = models.TextField()\n", "shop_a A", map[string]contract.Verdict{"shop_a.n": "yes"}},
		"library field": {"class A(models.Model):\n  price = MoneyField()\n", "shop_a A", map[string]contract.Verdict{"shop_a.price_currency": "yes"}},
		"library base":  {"from mptt.models import MPTTModel\nclass A(MPTTModel):\n  n = models.TextField()\n", "shop_a A", map[string]contract.Verdict{"shop_a.lft": "yes"}},
		"manager":       {"class A(models.Model):\n  objects = AManager()\n", "shop_a A", map[string]contract.Verdict{"shop_a.old": "no"}},
		"computed":      {"class A(models.Model):\n  class Meta:\n    db_table = name()\n", "", map[string]contract.Verdict{"shop_b.old": "unknown", "anything": "unknown"}},
		"form":          {"class F(forms.Form):\n  n = forms.CharField()\nclass G(ModelForm):\n  class Meta:\n    model = 'A'\n", "", nil},
		"raw sql":       {"def f(c):\n  '''SELECT doc FROM docs'''\n  c.execute('SELECT old FROM shop_b WHERE id = %s', [1])\n", "shop_b", map[string]contract.Verdict{"shop_b.old": "yes", "docs": "unknown"}},
		"formatted":     {"def f(c, t):\n  c.execute('SELECT old FROM %s' % t)\n  c.execute(f'SELECT x FROM {t}')\n  c.execute('SELECT {} FROM shop_b'.format(t))\n", "shop_b", map[string]contract.Verdict{"shop_b.x": "unknown"}},
		"two at once":   {"class A(models.Model):\n  a, b = models.TextField(), models.TextField()\n", "shop_a A", map[string]contract.Verdict{"shop_a.b": "yes"}},
		"made before":   {"class A(models.Model):\n  a = field\n", "shop_a A", map[string]contract.Verdict{"shop_a.a": "yes"}},
		"constant":      {"class A(models.Model):\n  A_PATTERN = re.compile('x')\n  N = 3\n", "shop_a A", map[string]contract.Verdict{"shop_a.a": "no"}},
		"added":         {"class A(models.Model):\n  pass\nA.add_to_class('n', models.TextField())\n", "shop_a A", map[string]contract.Verdict{"shop_a.n": "unknown"}},
		"other orm":     {"from peewee import Model\nclass A(models.Model):\n  pass\n", "shop_a A", map[string]contract.Verdict{"shop_a.n": "unknown"}},
		"other's model": {"from pydantic import BaseModel\nclass A(models.Model):\n  pass\nclass B(BaseModel):\n  a: int\n", "shop_a A", map[string]contract.Verdict{"shop_a.n": "no"}},
		"method":        {"class A(models.Model):\n  def f(self, c):\n    c.execute('SELECT old FROM shop_b')\n", "shop_a A; shop_b", map[string]contract.Verdict{"shop_b.old": "yes"}},
		"variable":      {"class A(models.Model):\n  pass\ndef f(c, x):\n  q = 'SELECT old FROM shop_b' if x else 'DELETE FROM shop_b'\n  c.execute(q)\n", "shop_a A; shop_b", map[string]contract.Verdict{"shop_a.n": "no"}},
		"parameter":     {"class A(models.Model):\n  pass\ndef f(c, q):\n  q = q or 'DELETE FROM shop_b'\n  c.execute(q)\n", "shop_a A; shop_b", map[string]contract.Verdict{"shop_a.n": "unknown"}},
		"pieces":        {"class A(models.Model):\n  pass\ndef f(c):\n  q = 'SELECT '\n  q += 'n'\n  c.execute(q)\n", "shop_a A", map[string]contract.Verdict{"shop_a.n": "unknown"}},
		"added to":      {"class A(models.Model):\n  pass\ndef f(c):\n  q = 'SELECT 1 FROM shop_a WHERE id = 1'\n  q = q + ' AND n = 1'\n  c.execute(q)\n", "shop_a A", map[string]contract.Verdict{"shop_a.n": "unknown"}},
		"many at once":  {"class A(models.Model):\n  pass\ndef f(c, q):\n  execute_values(c, 'INSERT INTO shop_a (old) VALUES %s', [])\n", "shop_a A", map[string]contract.Verdict{"shop_a.old": "unknown"}},
		"many, given":   {"class A(models.Model):\n  pass\ndef f(c, q):\n  execute_values(c, q, [])\n", "shop_a A", map[string]contract.Verdict{"shop_a.n": "unknown"}},
		"closure":       {"class A(models.Model):\n  pass\ndef f(c, q):\n  def g():\n    c.execute(q)\n", "shop_a A", map[string]contract.Verdict{"shop_a.n": "unknown"}},
		"broken":        {"class A(models.Model):\n  pass\nclass (((:\n", "shop_a A", map[string]contract.Verdict{"shop_a.n": "unknown"}},
	} {
		c := tree(t, map[string]string{"project/shop/models.py": modelsImport + tt.source, "project/shop/__init__.py": "", "project/shop/migrations/__init__.py": "", "project/words.py": "WORD = 'n'\n",
			"project/shop/migrations/0001_initial.py": "x = 'SELECT m FROM migrations'"})
		if got := tables(c); got != tt.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, tt.want)
		}
		want := maps.Clone(tt.columns)
		if t.Run(name, func(t *testing.T) { expect(t, c, want) }); len(c.Gaps) == 0 {
			t.Errorf("%s: no gap for Python's libraries", name)
		}
	}
}

// TestDjangoPackages: models in packages, imported across modules, and labels
// of apps.py.
func TestDjangoPackages(t *testing.T) {
	t.Parallel()
	c := tree(t, map[string]string{
		"src/core/models/__init__.py": "from .base import Stamped\nfrom core.models.order import Order\n",
		"src/core/models/base.py":     modelsImport + "class Stamped(models.Model):\n  made = models.DateTimeField()\n  class Meta:\n    abstract = True\n",
		"src/core/models/order.py":    modelsImport + "from .base import Stamped as S\nclass Order(S):\n  total = models.IntegerField()\n",
		"src/core/apps.py":            "class CoreConfig(AppConfig):\n  name = 'project.core'\n",
		"src/pay/models.py":           "from django.db.models import Model, CharField\nfrom core.models import Stamped\nimport core.models as cm\nclass Bill(Stamped):\n  class Meta(Stamped.Meta):\n    db_table = 'bills'\nclass Debt(cm.Stamped, Model):\n  who = CharField()\n",
		"src/pay/apps.py":             "class PayConfig(AppConfig):\n  name = 'pay'\n  label = 'payments'\n",
	})
	if got := tables(c); got != "bills Bill; core_order Order; payments_debt Debt" {
		t.Error(got)
	}
	expect(t, c, map[string]contract.Verdict{"core_order.made": "yes", "core_order.total": "yes", "core_order.x": "no", "bills.made": "yes", "payments_debt.who": "yes", "payments_debt.x": "no"})
}
