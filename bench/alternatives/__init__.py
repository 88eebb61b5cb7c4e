"""What else one could put behind auth_request, measured beside Gatehouse in the same run: a
verifier in PHP, one in Node, LemonLDAP::NG, glewlwyd. Nothing is installed here: what is missing is
named, with the command that installs it, and left out."""

import sys

from alternatives import glewlwyd, lemonldap, node, php
from alternatives.alternative import CannotStart

ALL = (php, node, lemonldap, glewlwyd)


def start(bench, scope):
    """Everything that can be started, until `scope` ends; see Alternative."""
    out = []
    for module in ALL:
        missing = module.missing()
        if missing:
            print(f"left out: {module.NAME}. To install: {missing}", file=sys.stderr)
            continue
        try:
            out += module.start(bench, scope)
        except CannotStart as error:
            print(f"left out: {module.NAME}. {error}", file=sys.stderr)
    return out
