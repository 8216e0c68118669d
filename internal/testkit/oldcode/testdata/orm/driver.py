"""Boots the application of a folder when it is told to, and runs its actions: see the
Go package oldcode, Boot."""

import sys

import start  # of that folder


def attempt(name, do, *given):
    try:
        do(*given)
        print("ok", name)
        return True
    except Exception as e:
        print("error", name, type(e).__name__ + ":", (str(e).split("\n")[0] or repr(e)))
        return False


booted = False
for line in sys.stdin:
    command, *arguments = line.split()
    if command == "open":
        booted = attempt("boot", start.boot, arguments[0])
    elif command == "act" and booted:
        for action in start.actions():
            attempt(action.__name__, action, int(arguments[0]))
    elif command == "close" and booted:
        start.close()
    print("end", flush=True)
