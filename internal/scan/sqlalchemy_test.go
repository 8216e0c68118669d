package scan_test

import (
	"testing"

	"github.com/migguard/migguard/internal/contract"
)

const alchemy = "import sqlalchemy as sa\nfrom sqlalchemy import Column, Integer, String, Table, MetaData, ForeignKey, text, select, table, column\n" +
	"from sqlalchemy.orm import declarative_base, DeclarativeBase, Mapped, mapped_column, relationship, deferred, declared_attr, registry\n" +
	"Base = declarative_base()\nmetadata = Base.metadata\n"

// TestSQLAlchemyTables: which tables and columns a class or a Table stands for.
func TestSQLAlchemyTables(t *testing.T) {
	t.Parallel()
	const a = "class A(Base):\n  __tablename__ = 'a'\n  id = Column(Integer, primary_key=True)\n"
	for name, tt := range map[string]struct {
		source, want string
		columns      map[string]contract.Verdict
	}{
		"plain":             {a + "  n = Column('name', String(20))\n  m = sa.Column(sa.Text)\n", "a A", map[string]contract.Verdict{"a.id": "yes", "a.name": "yes", "a.m w": "yes", "a.n": "no", "a.old": "no", "b.old": "unknown"}},
		"key word":          {a + "  n = Column(name='other', type_=String)\n", "a A", map[string]contract.Verdict{"a.other": "yes", "a.n": "no"}},
		"constant":          {"N = 'other'\n" + a + "  n = Column(N, String)\n", "a A", map[string]contract.Verdict{"a.other": "yes", "a.n": "no"}},
		"own types":         {a + "  n = Column(JSONList)\n  m = Column(MutableDict.as_mutable(JSONB))\n", "a A", map[string]contract.Verdict{"a.n": "yes", "a.m": "yes", "a.old": "no"}},
		"name of var":       {a + "  n = Column(NAMES[0], String)\n", "a A", map[string]contract.Verdict{"a.old": "yes"}},
		"made elsewhere":    {a + "  n = make_column()\n", "a A", map[string]contract.Verdict{"a.old": "yes"}},
		"shared":            {a + "  n = a_column\n", "a A", map[string]contract.Verdict{"a.old": "yes"}},
		"two at once":       {a + "  n, m = Column(), Column()\n", "a A", map[string]contract.Verdict{"a.m": "yes"}},
		"loop":              {a + "  for n in NAMES:\n    locals()[n] = Column(String)\n", "a A", map[string]contract.Verdict{"a.old": "yes"}},
		"no columns":        {a + "  bs = relationship('B', secondary='a_b')\n  KIND = 'x'\n  def f(self):\n    return 1\n  @property\n  def g(self):\n    return 2\n", "a A", map[string]contract.Verdict{"a.bs": "no", "a.f": "no", "a.g": "no", "a.KIND": "no"}},
		"deferred":          {a + "  n = deferred(Column('big', String))\n", "a A", map[string]contract.Verdict{"a.big": "yes", "a.n": "no"}},
		"mixin":             {"class M:\n  made = Column(Integer)\nclass A(M, Base):\n  __tablename__ = 'a'\n", "a A", map[string]contract.Verdict{"a.made": "yes", "a.old": "no"}},
		"abstract":          {"class M(Base):\n  __abstract__ = True\n  made = Column(Integer)\nclass A(M):\n  __tablename__ = 'a'\n", "a A", map[string]contract.Verdict{"a.made": "yes", "a.old": "no"}},
		"library's mixin":   {"from lib import Stamped\nclass A(Stamped, Base):\n  __tablename__ = 'a'\n", "a A", map[string]contract.Verdict{"a.made": "yes"}},
		"declared":          {"class M:\n  @declared_attr\n  def owner_id(cls):\n    return Column(Integer, ForeignKey('u.id'))\n  @declared_attr\n  def owner(cls):\n    return relationship('U')\nclass A(M, Base):\n  __tablename__ = 'a'\n", "a A", map[string]contract.Verdict{"a.owner_id": "yes", "a.owner": "no", "a.old": "no"}},
		"declared in steps": {"class M:\n  @declared_attr\n  def owner_id(cls):\n    c = f()\n    return c\nclass A(M, Base):\n  __tablename__ = 'a'\n", "a A", map[string]contract.Verdict{"a.old": "yes"}},
		"named by class":    {"class M:\n  @declared_attr\n  def __tablename__(cls):\n    return cls.__name__.lower()\nclass OrderLine(M, Base):\n  id = Column(Integer, primary_key=True)\n", "orderline OrderLine", map[string]contract.Verdict{"orderline.old": "no"}},
		"named by base":     {"class Root(DeclarativeBase):\n  @declared_attr.directive\n  def __tablename__(cls) -> str:\n    return cls.__name__.lower()\nclass Line(Root):\n  id: Mapped[int] = mapped_column(primary_key=True)\n", "line Line", map[string]contract.Verdict{"line.old": "no"}},
		"computed name":     {"class A(Base):\n  __tablename__ = prefix() + 'a'\n  id = Column(Integer)\n", "", map[string]contract.Verdict{"a.old": "unknown", "anything": "unknown"}},
		"in a function":     {a + "def make(n):\n  class X(Base):\n    __tablename__ = n\n    id = Column(Integer)\n  return X\n", "a A", map[string]contract.Verdict{"a.old": "unknown"}},
		"by type":           {a + "X = type('X', (Base,), {'__tablename__': 'x'})\n", "a A", map[string]contract.Verdict{"a.old": "unknown"}},
		"schema":            {"class A(Base):\n  __tablename__ = 'a'\n  __table_args__ = (Index('i', 'n'), {'schema': 'app'})\n", "app.a A", nil},
		"reflected":         {"class A(Base):\n  __tablename__ = 'a'\n  __table_args__ = {'autoload_with': engine}\n", "a A", map[string]contract.Verdict{"a.old": "yes"}},
		"reflected but":     {"class A(Base):\n  __table__ = Table('a', metadata, autoload_with=engine)\n  __mapper_args__ = {'exclude_properties': ['old']}\n", "a A", map[string]contract.Verdict{"a.old": "no", "a.other": "yes"}},
		"reflected only":    {"class A(Base):\n  __table__ = Table('a', metadata, autoload_with=engine)\n  __mapper_args__ = {'include_properties': ['id', 'n']}\n", "a A", map[string]contract.Verdict{"a.old": "no", "a.n": "yes"}},
		"reflected all":     {a + "metadata.reflect(engine)\n", "a A", map[string]contract.Verdict{"a.old": "unknown"}},
		"automap":           {a + "from sqlalchemy.ext.automap import automap_base\nAuto = automap_base()\n", "a A", map[string]contract.Verdict{"a.old": "unknown"}},
		"single table":      {a + "  kind = Column(String)\n  __mapper_args__ = {'polymorphic_on': 'kind'}\nclass B(A):\n  n = Column(String)\n", "a A B", map[string]contract.Verdict{"a.n": "yes", "a.old": "no"}},
		"joined":            {a + "class B(A):\n  __tablename__ = 'b'\n  id = Column(ForeignKey('a.id'), primary_key=True)\n  n = Column(String)\n", "a A; b B", map[string]contract.Verdict{"b.n": "yes", "a.n": "no", "b.old": "no"}},
		"2.0":               {"class Root(DeclarativeBase):\n  pass\nclass A(Root):\n  __tablename__ = 'a'\n  id: Mapped[int] = mapped_column(primary_key=True)\n  n: Mapped[str]\n  m: Mapped[int] = mapped_column('other')\n  bs: Mapped[list['B']] = relationship()\n", "a A", map[string]contract.Verdict{"a.id": "yes", "a.n": "yes", "a.other": "yes", "a.m": "no", "a.bs": "no"}},
		"decorated":         {"reg = registry()\n@reg.mapped\nclass A:\n  __tablename__ = 'a'\n  id = Column(Integer)\n", "a A", map[string]contract.Verdict{"a.old": "no"}},
		"unknown decorator": {"@stamped\n" + a, "a A", map[string]contract.Verdict{"a.old": "yes"}},
		"core":              {"users = Table('users', metadata, Column('id', Integer), Column('n', String), schema='app')\n", "app.users users", map[string]contract.Verdict{"users.n": "yes", "users.old": "no"}},
		"core computed":     {a + "for n in NAMES:\n  Table(n, metadata, Column('id'))\n", "a A", map[string]contract.Verdict{"a.old": "unknown"}},
		"core spread":       {"users = Table('users', metadata, *cols)\n", "users users", map[string]contract.Verdict{"users.old": "yes"}},
		"core helper":       {"users = Table('users', metadata, Column('id'), stamp('x'))\n", "users users", map[string]contract.Verdict{"users.old": "yes"}},
		"core reflected":    {"users = Table('users', metadata, autoload_with=engine)\n", "users users", map[string]contract.Verdict{"users.old": "yes"}},
		"core bare":         {"users = Table('users', metadata)\n", "users users", map[string]contract.Verdict{"users.old": "yes"}},
		"core twice":        {a + "t = Table('a', metadata)\n", "a A", map[string]contract.Verdict{"a.old": "no"}},
		"imperative":        {"t = Table('users', metadata, Column('id'))\nregistry().map_imperatively(User, t)\n", "users t", map[string]contract.Verdict{"users.id": "yes", "users.old": "no"}},
		"of a table":        {"t = Table('users', metadata, Column('id'))\nclass U(Base):\n  __table__ = t\n  n = relationship('B')\n", "users U t", map[string]contract.Verdict{"users.id": "yes", "users.old": "no"}},
		"rich":              {a + "import rich.table\nt = rich.table.Table('x', 'y')\n", "a A", nil},
		"light":             {a + "t = table('users', column('n'))\n", "a A; users table_users", map[string]contract.Verdict{"users.n": "yes", "users.old": "unknown"}},
		"added":             {a + "A.n = Column(String)\n", "a A", map[string]contract.Verdict{"a.old": "unknown"}},
		"added by name":     {a + "setattr(A, n, Column(String))\n", "a A", map[string]contract.Verdict{"a.old": "unknown"}},
		"statements":        {a + "def f(s, x):\n  q = select(A)\n  if x:\n    q = q.where(A.id == 1)\n  s.execute(q)\n  s.scalars(select(A).limit(1))\n  s.execute(sa.update(A).values(id=1))\n", "a A", map[string]contract.Verdict{"a.old": "no"}},
		"a parameter":       {a + "def f(s, q):\n  s.execute(q)\n", "a A", map[string]contract.Verdict{"a.old": "unknown"}},
		"text":              {a + "def f(s):\n  s.execute(text('SELECT old FROM a WHERE id = :id'))\n", "a A", map[string]contract.Verdict{"a.old": "yes", "a.id": "yes", "a.other": "no"}},
		"text made":         {a + "def f(s, q):\n  s.execute(text(q))\n", "a A", map[string]contract.Verdict{"a.old": "unknown"}},
		"formatted":         {a + "def f(s, q):\n  s.execute(text(f'SELECT {q} FROM a'))\n", "a A", map[string]contract.Verdict{"a.old": "unknown"}},
		"star":              {a + "def f(s):\n  s.execute(select(text('*')).select_from(A))\n", "a A", map[string]contract.Verdict{"a.old": "unknown"}},
		"default":           {a + "  n = Column(String, server_default=text(\"'x'::character varying\"))\n", "a A", map[string]contract.Verdict{"a.old": "no"}},
		"Mapped renamed":    {"from sqlalchemy.orm import Mapped as M\n" + a + "  n: M[str]\n  m: 'Mapped[str]'\n", "a A", map[string]contract.Verdict{"a.n": "yes", "a.m": "yes", "a.old": "no"}},
		"Mapped by alias":   {"Text = Mapped[str]\n" + a + "  n: Text\n", "a A", map[string]contract.Verdict{"a.n": "yes"}},
		"base of a class":   {"class Base:\n  made = Column(Integer)\nBase = declarative_base(cls=Base)\n" + a + "class B(A):\n  __tablename__ = 'b'\n  id = Column(ForeignKey('a.id'), primary_key=True)\n", "a A; b B", map[string]contract.Verdict{"a.made": "yes", "a.id": "yes", "a.old": "no"}},
		"imported twice":    {"try:\n  from one import M\nexcept ImportError:\n  from app.two import M\nclass A(M, Base):\n  __tablename__ = 'a'\n", "a A", map[string]contract.Verdict{"a.old": "yes"}},
		"in a function too": {a + "def f():\n  from one import declarative_base, Column\n  from two import DeclarativeBase as Base\n", "a A", map[string]contract.Verdict{"a.id": "yes", "a.old": "no"}},
		"twice":             {"if X:\n  class M:\n    n = Column(String)\nelse:\n  class M:\n    pass\nclass A(M, Base):\n  __tablename__ = 'a'\n", "a A", map[string]contract.Verdict{"a.n": "yes"}},
		"bare column":       {a + "def f(s):\n  s.execute(select(column('old')).select_from(A))\n", "a A", map[string]contract.Verdict{"a.old": "unknown", "a.other": "no"}},
		"part of text":      {a + "def f(s):\n  s.execute(select(A).where(text('old = 1')))\n", "a A", map[string]contract.Verdict{"a.old": "unknown", "a.other": "no"}},
		"another's builder": {a + "def f(s, q):\n  s.execute(q.select('x').get_sql())\n  s.execute(A.select().get_sql())\n", "a A", map[string]contract.Verdict{"a.old": "unknown"}},
		"pydantic":          {a + "from pydantic import BaseModel\nclass B(BaseModel):\n  n: str\n", "a A", map[string]contract.Verdict{"a.old": "no"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := tree(t, map[string]string{"app/models.py": alchemy + tt.source, "app/words.py": "WORD = 'old'\n"}) // what is built may be built of it
			if got := tables(c); got != tt.want {
				t.Errorf("\n%s\nwant\n%s", got, tt.want)
			}
			expect(t, c, tt.columns)
		})
	}
}

// TestSQLAlchemyOthers: Flask-SQLAlchemy's names and SQLModel's columns.
func TestSQLAlchemyOthers(t *testing.T) {
	t.Parallel()
	c := tree(t, map[string]string{
		"app/__init__.py":   "",
		"app/extensions.py": "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\n",
		"app/mixins.py":     "from .extensions import db\nclass Stamped:\n  made = db.Column(db.DateTime)\nclass Root(db.Model):\n  __abstract__ = True\n  id = db.Column(db.Integer, primary_key=True)\n",
		"app/models.py": "from .extensions import *\nfrom app.mixins import *\n" +
			"class HTTPUserLog(Stamped, db.Model):\n  id = db.Column(db.Integer, primary_key=True)\n  n = db.Column(db.String(80))\n" +
			"class Named(Root):\n  __tablename__ = 'given'\n" +
			"class OAuth2Token(Root):\n  n = db.Column(db.String)\n" +
			"class FileURL(Root):\n  n = db.Column(db.String)\n" +
			"class Child(HTTPUserLog):\n  more = db.Column(db.String)\n" +
			"class Other(HTTPUserLog):\n  id = db.Column(db.ForeignKey('http_user_log.id'), primary_key=True)\n" +
			"joins = db.Table('joins', db.Column('a_id', db.ForeignKey('a.id')))\n",
		"app/views.py": "from .extensions import db\nfrom .models import Named\ndef f():\n  return db.session.execute(db.select(Named)).all()\n",
	})
	if got := tables(c); got != "file_url FileURL; given Named; http_user_log Child HTTPUserLog; joins joins; o_auth2_token OAuth2Token; other Other" {
		t.Error(got)
	}
	expect(t, c, map[string]contract.Verdict{"http_user_log.made": "yes", "http_user_log.more": "yes", "http_user_log.old": "no", "o_auth2_token.id": "yes", "joins.a_id": "yes", "joins.old": "no"})

	c = tree(t, map[string]string{"models.py": "from sqlmodel import SQLModel, Field, Relationship, select\nfrom typing import *\n" +
		"class HeroBase(SQLModel):\n  name: str = Field(index=True)\n  age: Optional[int] = None\n" +
		"class Hero(HeroBase, table=True):\n  id: Optional[int] = Field(default=None, primary_key=True)\n  team: Optional['Team'] = Relationship()\n  kinds: ClassVar[int] = 3\n" +
		"class HeroPublic(HeroBase):\n  shown: str\n" +
		"class TeamLink(SQLModel, table=True):\n  __tablename__ = 'links'\n  a: int = Field(sa_column=Column('b', Integer))\n" +
		"def f(s):\n  return s.exec(select(Hero)).all()\n"})
	if got := tables(c); got != "hero Hero; links TeamLink" {
		t.Error(got)
	}
	expect(t, c, map[string]contract.Verdict{"hero.name": "yes", "hero.age": "yes", "hero.id": "yes", "hero.team": "no", "hero.kinds": "no", "hero.shown": "no", "links.b": "yes", "links.a": "no"})
}

// TestSQLAlchemyBesideDjango: both can be in one tree, and Alembic's migrations
// are no running code.
func TestSQLAlchemyBesideDjango(t *testing.T) {
	t.Parallel()
	const migration = "from alembic import op\nimport sqlalchemy as sa\ndef upgrade():\n  op.execute('UPDATE a SET old = 1')\n  sa.Table('x', sa.MetaData(), sa.Column('old'))\n"
	c := tree(t, map[string]string{
		"shop/models.py":                modelsImport + "class A(models.Model):\n  n = models.TextField()\n",
		"lake/models.py":                alchemy + "class B(Base):\n  __tablename__ = 'b'\n  n = Column(String)\n",
		"lake/alembic/env.py":           "from alembic import context\ncontext.run_migrations(q)\nc.execute(q)\n",
		"lake/alembic/script.py.mako":   "",
		"lake/alembic/versions/0001.py": migration,
		"lake/versions/reader.py":       "def f(c):\n  c.execute('SELECT kept FROM b')\n",
	})
	if got := tables(c); got != "b B; shop_a A" {
		t.Error(got)
	}
	expect(t, c, map[string]contract.Verdict{"b.n": "yes", "b.kept": "yes", "b.old": "no", "shop_a.n": "yes", "shop_a.old": "no"})
}
