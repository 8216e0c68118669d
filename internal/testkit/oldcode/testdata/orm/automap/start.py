from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from shop import actions as shop

engine = None


def boot(url):
    global engine
    engine = create_engine(url.replace("postgres://", "postgresql+psycopg2://"), pool_size=1)
    getattr(shop, "boot", lambda engine: engine.connect().close())(engine)


def actions():
    return [within(action) for action in shop.ACTIONS]


def within(action):
    """An action has a session of its own."""
    def run(n):
        with Session(engine) as session:
            action(session, n)
    run.__name__ = action.__name__
    return run


def close():
    engine.dispose()
