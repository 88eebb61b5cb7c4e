"""Writes DIR/stack.json (mode 0600), which tells people and tests where things are.

    stack_json.py DIR CLI PORT HTTP_PORT NAME=PID... POOL-workers="PID PID"...
"""

import json
import os
import sys
import tomllib
from pathlib import Path


def main(folder, cli, port, http_port, *processes):
    folder = Path(folder)
    config = tomllib.loads((folder / "gatehouse.toml").read_text())
    pids = dict(entry.split("=", 1) for entry in processes)
    workers = {pool: [int(pid) for pid in pids[f"{pool}-workers"].split()]
               for pool in ("verify", "account")}

    def secret(name):
        return (folder / "secrets" / name).read_text().strip()

    stack = {
        "base_url": config["server"]["base_url"],
        "port": int(port),
        "http_port": int(http_port),
        "ca_file": str(folder / "tls" / "ca.crt"),
        "tenant": "demo",
        "admin_email": "admin@demo.test",
        "admin_password": secret("admin"),
        "cors_origins": config["server"]["cors_origins"],
        "mail_dir": str(folder / "mail"),
        "log_dir": str(folder / "log"),
        "cli": cli,
        "config": str(folder / "gatehouse.toml"),
        "mariadb_socket": config["mariadb"]["socket"],
        "mariadb_user": "gatehouse_read",
        "mariadb_password": secret("gatehouse_read"),
        "database": config["mariadb"]["database"],
        "memcached_socket": str(folder / "run" / "memcached.sock"),
        "pids": {
            "workers": sorted(workers["verify"] + workers["account"]),
            "pools": {"verify": int(pids["verify"]), "account": int(pids["account"])},
            **{name: int(pids[name])
               for name in ("mailer", "nginx", "mariadb", "memcached", "smtp")},
        },
    }
    new = folder / "stack.json.new"
    new.unlink(missing_ok=True)
    with open(new, "x", encoding="utf-8",
              opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        json.dump(stack, file, indent=2)
        file.write("\n")
    os.replace(new, folder / "stack.json")


if __name__ == "__main__":
    main(*sys.argv[1:])
