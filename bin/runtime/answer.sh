#!/bin/sh
# The end of an exec.d program: what it sets is read from file 3, as TOML.
case ${PGOPTIONS:-} in
*search_path=mg_*) printf 'PGOPTIONS = "%s"\n' "$(printf %s "$PGOPTIONS" | sed 's/[\\"]/\\&/g')" >&3 ;;
esac
