from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Text
from sqlalchemy.orm import declarative_base, relationship

Base = declarative_base()


class Team(Base):
    __tablename__ = "teams"
    id = Column(BigInteger, primary_key=True)
    name = Column(Text, nullable=False)
    accounts = relationship("Account", back_populates="team")


class Account(Base):
    __tablename__ = "accounts"
    id = Column(BigInteger, primary_key=True)
    email = Column(String(200), nullable=False, unique=True)
    name = Column(Text)
    score = Column(Integer, nullable=False, server_default="0")
    team_id = Column(ForeignKey("teams.id"))
    team = relationship(Team, back_populates="accounts")
    orders = relationship("Order", back_populates="account")


class Order(Base):
    __tablename__ = "orders"
    id = Column(BigInteger, primary_key=True)
    account_id = Column(ForeignKey("accounts.id"), nullable=False)
    total = Column(Integer, nullable=False)
    account = relationship(Account, back_populates="orders")
