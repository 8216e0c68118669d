package scan_test

import (
	"testing"

	"github.com/migguard/migguard/internal/contract"
)

// A model and a Table with a property that is not called as its column.
const alchemyModels = alchemy + `class Account(Base):
  __tablename__ = 'accounts'
  id = Column(Integer, primary_key=True)
  mail = Column('email', String, unique=True)
  kind: Mapped[str]
class Other(Base):
  __tablename__ = 'others'
  id = Column(Integer, primary_key=True)
teams = Table('teams', metadata, Column('id', Integer), Column('owner', String, key='by'))
`

// TestSQLAlchemyUpserts: whose unique index on_conflict_do_update asks for.
func TestSQLAlchemyUpserts(t *testing.T) {
	t.Parallel()
	const imports = "from sqlalchemy.dialects.postgresql import insert\nfrom sqlalchemy.dialects.postgresql import insert as put\nfrom models import Account, teams\nimport models\n"
	for source, want := range map[string]string{
		"insert(Account).values(x).on_conflict_do_update(index_elements=[Account.mail], set_=x)":                                                                                                                       "accounts: email",
		"insert(Account).values(x).on_conflict_do_update(index_elements=(Account.kind, 'email'), set_=x)":                                                                                                              "accounts: email, kind",
		"insert(Account).values(x).on_conflict_do_update(index_elements=['email'], index_where=y, set_=x)":                                                                                                             "accounts: email",
		"insert(Account).values(x).on_conflict_do_update(constraint='k', set_=x)":                                                                                                                                      "accounts: constraint k",
		"insert(Account).values(x).on_conflict_do_update(constraint=k, set_=x)":                                                                                                                                        "accounts: what is not known",
		"insert(Account).values(x).on_conflict_do_update(index_elements=keys, set_=x)":                                                                                                                                 "accounts: what is not known",
		"insert(Account).values(x).on_conflict_do_update(index_elements=[Account.unheard], set_=x)":                                                                                                                    "accounts: what is not known",
		"insert(Account).values(x).on_conflict_do_update(index_elements=[func.lower(Account.mail)], set_=x)":                                                                                                           "accounts: what is not known",
		"insert(Account).values(x).on_conflict_do_nothing()":                                                                                                                                                           "",
		"insert(Account).values(x).on_conflict_do_nothing(index_elements=[models.Account.mail])":                                                                                                                       "accounts: email",
		"put(Account).values(x).on_conflict_do_update(index_elements=[Account.__table__.c.mail], set_=x)":                                                                                                              "accounts: email",
		"insert(Account.__table__).values(x).on_conflict_do_update(index_elements=['id'], set_=x)":                                                                                                                     "accounts: id",
		"insert(teams).values(x).on_conflict_do_update(index_elements=[teams.c.id], set_=x)":                                                                                                                           "teams: id",
		"insert(models.teams).on_conflict_do_update(index_elements=[models.teams.columns.id], set_=x)":                                                                                                                 "teams: id",
		"insert(teams).values(x).on_conflict_do_update(index_elements=[teams.c.by], set_=x)":                                                                                                                           "teams: what is not known",
		"insert(teams).values(x).on_conflict_do_update(index_elements=[teams.c['id']], set_=x)":                                                                                                                        "teams: what is not known",
		"def f(x):\n  s = insert(Account).values(x)\n  s = s.on_conflict_do_update(index_elements=['id'], set_=s.excluded)":                                                                                            "accounts: id",
		"def f():\n  from models import Account as A\n  insert(A).on_conflict_do_nothing(index_elements=[A.id])\ndef g():\n  from shop import Account as A\n  insert(A).on_conflict_do_nothing(index_elements=[A.id])": "?: what is not known; accounts: id",
		"def f():\n  twins = Table('a', metadata, Column('id', Integer))\ntwins = Table('b', metadata, Column('id', Integer))\ninsert(twins).on_conflict_do_nothing(index_elements=['id'])":                            "?: id",
		"put = insert(Account).values(x).on_conflict_do_update":                                                                                                                                                        anything,
		"getattr(insert(Account), 'on_conflict_do_update')(index_elements=['id'], set_=x)":                                                                                                                             anything,
		"def f(s):\n  s.on_conflict_do_update(index_elements=[Account.mail], set_=x)":                                                                                                                                  "?: email",
		"def f(M):\n  insert(M).on_conflict_do_update(index_elements=[M.id], set_=x)":                                                                                                                                  anything,
		"def f(Account):\n  insert(Account).on_conflict_do_update(index_elements=[Account.id], set_=x)":                                                                                                                anything,
		"def f(b):\n  s = insert(Account) if b else insert(teams)\n  s.on_conflict_do_update(index_elements=['id'], set_=x)":                                                                                           "?: id",
	} {
		c := tree(t, map[string]string{"models.py": alchemyModels, "a.py": imports + source})
		if got := upserts(c); got != want {
			t.Errorf("%s\n%s\nwant\n%s", source, got, want)
		}
	}
}

// TestBuiltByAnotherName: a statement that an imported name begins is one that is built.
func TestBuiltByAnotherName(t *testing.T) {
	t.Parallel()
	for imports, want := range map[string]int{"from sqlalchemy import update as change": 0, "from shop import change": 1} {
		c := tree(t, map[string]string{"models.py": alchemyModels, "a.py": imports + "\nfrom models import Account\nsession.execute(change(Account).values(kind='x'))"})
		got := 0
		for _, g := range c.Gaps {
			if g.Reach == contract.Anything {
				got++
			}
		}
		if got != want {
			t.Errorf("%s: %d gaps, want %d: %v", imports, got, want, c.Gaps)
		}
	}
}
