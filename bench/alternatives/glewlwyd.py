"""glewlwyd: who owns the session cookie? Asked of its profile API, as its documentation has it for
applications that share its cookie. SQLite, its own default."""

import contextlib
import gzip
import json
import pathlib
import re
import sqlite3
import time
import urllib.error
import urllib.request

import tools
from alternatives.alternative import (Alternative, CannotStart, absent, descendants, protected,
                                      run)

NAME = "glewlwyd"
CONF = pathlib.Path("/etc/glewlwyd/glewlwyd.conf")
# First in the list that is there.
SCHEMA = [pathlib.Path("/usr/share/doc/glewlwyd/database") / name
          for name in ("init.sqlite3.sql.gz", "init.sqlite3.sql")]


def missing():
    if absent(["glewlwyd"]) or not CONF.exists() or not any(path.exists() for path in SCHEMA):
        return ("apt-get install --no-install-recommends dbconfig-no-thanks glewlwyd"
                " (it may say that it could not configure itself: that is no matter here)")
    return None


def database(path):
    schema = next(file for file in SCHEMA if file.exists())
    text = gzip.decompress(schema.read_bytes()) if schema.suffix == ".gz" else schema.read_bytes()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(text.decode())
        # As one would: readers do not wait for writers.
        connection.execute("PRAGMA journal_mode = WAL")


def configuration(folder, port):
    text = CONF.read_text().replace('@include "/etc/glewlwyd/glewlwyd-db.conf"', "")
    text = re.sub(r"(?s)\ndatabase\s*=\s*\{.*?\};?", "", text)
    for key, value in {"port": str(port), "external_url": f'"http://127.0.0.1:{port}/"',
                       "log_level": '"ERROR"', "log_file": f'"{folder}/glewlwyd.log"'}.items():
        text = re.sub(rf"(?m)^#?{key}\s*=.*$", f"{key}={value}", text, count=1)
    return text + f'\ndatabase = {{ type = "sqlite3" path = "{folder}/glewlwyd.db" }}\n'


def sign_in(port, process):
    """The session's cookie, as soon as it answers."""
    body = json.dumps({"username": "admin", "password": "password"}).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/auth/", body,
                                     {"Content-Type": "application/json"})
    for _ in range(200):
        if process.poll() is not None:
            raise CannotStart(f"glewlwyd ended with {process.returncode}")
        with contextlib.suppress(urllib.error.URLError):
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.headers["Set-Cookie"].partition(";")[0]
        time.sleep(0.05)
    raise CannotStart("glewlwyd does not answer")


def start(bench, scope):
    folder, port = bench.folder, tools.free_port()
    database(folder / "glewlwyd.db")
    conf = folder / "glewlwyd.conf"
    conf.write_text(configuration(folder, port))
    process = run(scope, ["glewlwyd", "--config-file", str(conf)])
    cookie = sign_in(port, process)
    server = protected("glewlwyd", """
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_set_header Connection "";
      proxy_http_version 1.1;
      proxy_pass http://glewlwyd/api/profile_list/;""")
    return [Alternative("glewlwyd: session", "glewlwyd", f"Cookie: {cookie}", server,
                        lambda: descendants(process.pid), wanted=35,
                        http=f"upstream glewlwyd {{ server 127.0.0.1:{port} max_fails=0;"
                             " keepalive 64; }\n")]
