"""A site of the tests' own: an nginx with the generated configuration, before a stack's workers."""

import contextlib
import http.client
import os
import subprocess
import time

from support.config import cli, with_settings
from support.gatehouse import ROOT, free_port_pair

SNIPPETS = ROOT / "nginx/snippets"

CONF = """
daemon off;
{user}
worker_processes 2;
pid nginx.pid;
events {{ worker_connections 256; }}
http {{
  {temporary}
  include generated/http.conf;
  include micro-cache-http.conf;
  {http}
  server {{
    listen 127.0.0.1:{port};
    include generated/server.conf;
    include {snippets}/micro-cache.conf;
    {server}
  }}
}}
"""


class Site:
    def __init__(self, port, folder):
        self.port, self.folder = port, folder

    def get(self, path, token=None, ip="127.0.0.9", cookie=None, method="GET", headers=None):
        """The answer, its `body` read. The path goes out as it is."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, 10,
                                                source_address=(ip, 0))
        headers = dict(headers or {})
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if cookie:
            headers["Cookie"] = cookie
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        answer.body = answer.read()
        connection.close()
        return answer

    def status(self, *args, **options):
        return self.get(*args, **options).status


@contextlib.contextmanager
def serving(stack, folder, server, http=""):
    """`server` and `http` are what the site has beside the generated configuration; paths in them
    are relative to `folder`."""
    config = with_settings(stack.info["config"], folder / "gatehouse.toml",
                           {"nginx": {"tls_certificate": "", "tls_key": ""}})
    (folder / "generated").mkdir()
    cli(stack, config, "nginx-config", "--out", str(folder / "generated"))
    text = (SNIPPETS / "micro-cache-http.conf").read_text()
    assert "fastcgi_cache_path /run/gatehouse-micro-cache " in text
    (folder / "micro-cache-http.conf").write_text(
        text.replace("/run/gatehouse-micro-cache", str(folder / "cache")))
    port = free_port_pair()
    (folder / "nginx.conf").write_text(CONF.format(
        port=port, snippets=SNIPPETS, server=server, http=http,
        user="" if os.geteuid() else "user root;",
        temporary="".join(f"{kind}_temp_path temp_{kind};" for kind in
                          ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))))
    process = subprocess.Popen(["/usr/sbin/nginx", "-p", str(folder), "-e",
                                str(folder / "error.log"), "-c", str(folder / "nginx.conf")], cwd=folder)
    site = Site(port, folder)
    try:
        for _ in range(200):
            try:
                site.get("/_gatehouse/verify")
                break
            except OSError:
                assert process.poll() is None, (folder / "error.log").read_text()
                time.sleep(0.05)
        yield site
    finally:
        process.terminate()
        process.wait()
