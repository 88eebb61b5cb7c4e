"""Node with verify.js: two processes, with the key as text and as a KeyObject."""

import os

import tools
from alternatives.alternative import (Alternative, Session, absent, descendants, protected, run,
                                      wait_for_socket)

NAME = "Node"
MODULES = tools.ROOT / "build/bench/node"
PACKAGES = ("fastify@5.2.1", "jsonwebtoken@9.0.2")
PROCESSES = 2


def missing():
    install = f"npm install --prefix {MODULES} --no-package-lock --save-exact {' '.join(PACKAGES)}"
    if absent(["node"]):
        return f"apt-get install nodejs npm; {install}"
    if not all((MODULES / "node_modules" / name.split("@")[0]).is_dir() for name in PACKAGES):
        return install
    return None


def start(bench, scope):
    session = Session(bench, scope)
    out = []
    for slug, words, key_object in (("node", "as commonly written", "0"),
                                    ("node-key", "with a KeyObject", "1")):
        environment = {"PATH": os.environ["PATH"], "NODE_ENV": "production",
                       "NODE_PATH": str(MODULES / "node_modules"), "BENCH_KEY": session.key,
                       "BENCH_MEMCACHED": str(session.socket), "KEY_OBJECT": key_object}
        processes, servers = [], ""
        for number in range(PROCESSES):
            path = bench.folder / f"{slug}-{number}.sock"
            process = run(scope, ["node", str(tools.HERE / "alternatives/verify.js"), str(path)],
                          env=environment)
            wait_for_socket(path, process)
            processes.append(process)
            servers += f"server unix:{path} max_fails=0;"
        server = protected(slug, f"""
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_set_header Connection "";
      proxy_http_version 1.1;
      proxy_pass http://{slug}/verify;""")
        out.append(Alternative(
            f"fastify, {words}", slug, session.bearer, server,
            lambda processes=processes: [pid for process in processes
                                         for pid in descendants(process.pid)],
            wanted=5, http=f"upstream {slug} {{ {servers} keepalive 64; }}\n"))
    return out
