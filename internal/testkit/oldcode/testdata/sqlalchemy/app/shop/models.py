from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Integer, Numeric, String, Table, Text, func
from sqlalchemy.orm import declarative_base, relationship

Base = declarative_base()

accounts_tags = Table(
    "accounts_tags",
    Base.metadata,
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("tag_id", ForeignKey("tags.id"), nullable=False),
)


class Team(Base):
    __tablename__ = "teams"
    id = Column(BigInteger, primary_key=True)
    name = Column(Text, nullable=False)


class Tag(Base):
    __tablename__ = "tags"
    id = Column(BigInteger, primary_key=True)
    label = Column(Text, nullable=False, unique=True)


class Account(Base):
    __tablename__ = "accounts"
    id = Column(BigInteger, primary_key=True)
    email = Column(String(200), nullable=False, unique=True)
    full_name = Column("name", Text)
    score = Column(Integer, nullable=False, default=0)
    level = Column(Integer, nullable=False, server_default="1")
    bio = Column(String(100))
    team_id = Column(ForeignKey("teams.id"))
    team = relationship(Team)
    tags = relationship(Tag, secondary=accounts_tags)


class Payment(Base):
    __tablename__ = "payments"
    id = Column(BigInteger, primary_key=True)
    type = Column(Text, nullable=False)
    amount = Column(Integer, nullable=False)
    card = Column(Text)
    __mapper_args__ = {"polymorphic_on": type, "polymorphic_identity": "Payment"}


class CardPayment(Payment):
    __mapper_args__ = {"polymorphic_identity": "CardPayment"}


class Plan(Base):
    __tablename__ = "plans"
    id = Column(BigInteger, primary_key=True)
    code = Column(Text, nullable=False)
    price = Column(Integer)


class Order(Base):
    __tablename__ = "orders"
    id = Column(BigInteger, primary_key=True)
    account_id = Column(ForeignKey("accounts.id"), nullable=False)
    total = Column(Numeric(10, 2), nullable=False)
    state = Column(String(10), nullable=False, default="new")
    remark = Column(Text)
    placed_at = Column(DateTime, nullable=False, server_default=func.now())


class Visit(Base):
    __tablename__ = "visits"
    id = Column(BigInteger, primary_key=True)
    page = Column(Text, nullable=False)


class RecentVisit(Base):
    __tablename__ = "recent_visits"
    id = Column(BigInteger, primary_key=True)
    page = Column(Text)
