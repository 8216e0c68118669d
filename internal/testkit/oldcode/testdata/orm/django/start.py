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


def boot(url):
    parts = urlsplit(url)
    connection.settings_dict.update(
        NAME=parts.path[1:], USER=parts.username, PASSWORD=parts.password, HOST=parts.hostname, PORT=parts.port)
    connection.ensure_connection()


def actions():
    return ACTIONS


def close():
    connection.close()
