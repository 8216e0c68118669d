#!/bin/sh
# Tells the ledger whether the processes of this dyno look into the overlay. It is
# told by a process that has the same environment, when that is a fact: a dyno that
# counts as steered and is not would break. The boot does not wait for it, as for
# settle.
(
	command -v setsid >/dev/null 2>&1 || setsid() { "$@"; }
	setsid migguard boot --announce </dev/null >/dev/null 3>&- &
) || :
