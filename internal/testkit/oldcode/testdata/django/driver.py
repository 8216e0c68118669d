"""Runs the actions of the application when it is told to, in one process and one
connection to each database: see the Go package oldcode."""

import sys
from urllib.parse import urlsplit

import django
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["shop.apps.ShopConfig"],
    DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "OPTIONS": {"sslmode": "disable"}}},
    USE_TZ=False,
)
django.setup()

from django.db import connection  # noqa: E402

from shop.actions import ACTIONS  # noqa: E402


def use(url):
    parts = urlsplit(url)
    connection.settings_dict.update(
        NAME=parts.path[1:], USER=parts.username, PASSWORD=parts.password, HOST=parts.hostname, PORT=parts.port)


def act(n):
    for action in ACTIONS:
        try:
            action(n)
            print("ok", action.__name__)
        except Exception as e:
            print("error", action.__name__, type(e).__name__ + ":", str(e).split("\n")[0])


for line in sys.stdin:
    command, *arguments = line.split()
    if command == "open":
        use(arguments[0])
    elif command == "act":
        act(int(arguments[0]))
    elif command == "close":
        connection.close()
    print("end", flush=True)
