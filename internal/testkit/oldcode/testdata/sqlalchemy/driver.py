"""Runs the actions of the application when it is told to, in one process and one
connection to each database: see the Go package oldcode."""

import sys

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from shop.actions import ACTIONS

engine = None


def act(n):
    for action in ACTIONS:
        with Session(engine) as session:
            try:
                action(session, n)
                print("ok", action.__name__)
            except Exception as e:
                print("error", action.__name__, type(e).__name__ + ":", str(e).split("\n")[0])


for line in sys.stdin:
    command, *arguments = line.split()
    if command == "open":
        engine = create_engine(arguments[0].replace("postgres://", "postgresql+psycopg2://"), pool_size=1)
    elif command == "act":
        act(int(arguments[0]))
    elif command == "close":
        engine.dispose()
    print("end", flush=True)
