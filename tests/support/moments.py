"""Times as the API writes them (API.md "Conventions")."""

from datetime import datetime


def when(text):
    assert text.endswith("Z")
    return datetime.fromisoformat(text[:-1] + "+00:00")
