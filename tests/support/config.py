"""Copies of a stack's gatehouse.toml that differ in a few keys."""

import json
import shlex
import subprocess
import tomllib
from pathlib import Path


def with_settings(config, path, settings):
    """Writes the configuration `config` to `path`, changed as {table: {key: value}} says; None
    leaves a key out."""
    tables = tomllib.loads(Path(config).read_text())
    for table, keys in settings.items():
        tables.setdefault(table, {}).update(keys)
    text = ""
    for table, keys in tables.items():
        text += f"[{table}]\n"
        # What the configuration holds (texts, numbers, truths, lists) is written as in JSON.
        text += "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items()
                        if value is not None)
    path = Path(path)
    path.touch(0o600)
    path.write_text(text)
    return str(path)


def cli(stack, config, *args):
    """The command line under another configuration than the stack's own."""
    done = subprocess.run([*shlex.split(stack.info["cli"]), "--config", str(config), *args],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"gatehouse {args}: {done.returncode} {done.stderr}"
    return done.stdout
