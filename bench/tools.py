"""What the benchmarks share: a private nginx, pools of FastCGI workers, wrk."""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
# For the package `support` of the tests.
sys.path.insert(0, str(ROOT / "tests"))

NGINX_CONF = """
daemon off;
{user}
worker_processes {workers};
pid {dir}/nginx.pid;
error_log {dir}/error.log warn;
events {{ worker_connections 2048; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path {dir}/t1; proxy_temp_path {dir}/t2; fastcgi_temp_path {dir}/t3;
  uwsgi_temp_path {dir}/t4; scgi_temp_path {dir}/t5;
  {http}
  server {{
    listen 127.0.0.1:{port};
    location = /static {{ return 204; }}
    location = /_ask/static {{ internal; return 204; }}
    location = /site/static {{ auth_request /_ask/static; try_files /nothing =204; }}
    {server}
  }}
}}
"""

# What `gatehouse nginx-config` has workers told of a request.
IDENTITY_PARAMS = """
      fastcgi_pass_request_headers off;
      fastcgi_param REMOTE_ADDR $remote_addr;
      fastcgi_param SERVER_NAME $server_name;
      fastcgi_param REQUEST_ID $request_id;
      fastcgi_param HTTP_AUTHORIZATION $http_authorization if_not_empty;
      fastcgi_param HTTP_COOKIE $http_cookie if_not_empty;
      fastcgi_param HTTP_USER_AGENT $http_user_agent if_not_empty;
"""
DIRECT_PARAMS = """
      fastcgi_param REQUEST_METHOD $request_method;
      fastcgi_param QUERY_STRING $query_string if_not_empty;
      fastcgi_param CONTENT_TYPE $content_type if_not_empty;
      fastcgi_param CONTENT_LENGTH $content_length if_not_empty;
      fastcgi_param HTTP_ORIGIN $http_origin if_not_empty;
"""
SUBREQUEST_PARAMS = """
      fastcgi_pass_request_body off;
      fastcgi_param REQUEST_METHOD GET;
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def requirement(permission):
    """What a location asks for, as the snippets hand it on."""
    if permission is None:
        return ""
    return f'fastcgi_param GATEHOUSE_REQUIRE_PERMISSION "{permission}";'


def direct(path, upstream, keep, uri=None, permission=None):
    """A location that passes to FastCGI; `uri` is what the worker is told it is."""
    return f"""
    location = {path} {{
      {IDENTITY_PARAMS}{DIRECT_PARAMS}{requirement(permission)}
      fastcgi_param DOCUMENT_URI {uri or path};
      fastcgi_keep_conn {"on" if keep else "off"};
      fastcgi_pass {upstream};
    }}"""


def protected(path, upstream, keep=False, uri=None, permission=None):
    """A location behind auth_request; without a file, so that it is the question that costs."""
    return f"""
    location = /_ask{path} {{
      internal;
      {IDENTITY_PARAMS}{SUBREQUEST_PARAMS}{requirement(permission)}
      fastcgi_param DOCUMENT_URI {uri or path};
      fastcgi_keep_conn {"on" if keep else "off"};
      fastcgi_pass {upstream};
    }}
    location = {path} {{ auth_request /_ask{path}; try_files /nothing =204; }}"""


@contextlib.contextmanager
def nginx(folder, http, server, workers=2):
    """A private nginx; yields its base URL."""
    folder = pathlib.Path(folder)
    port = free_port()
    conf = folder / "nginx.conf"
    # Started by root, nginx would give its workers to somebody who may not open the sockets.
    user = "user root;" if os.geteuid() == 0 else ""
    conf.write_text(NGINX_CONF.format(dir=folder, port=port, http=http, server=server,
                                      workers=workers, user=user))
    process = subprocess.Popen(["/usr/sbin/nginx", "-e", str(folder / "error.log"),
                                "-p", str(folder), "-c", str(conf)])
    try:
        wait_for_port(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def wait_for_port(port, process):
    for _ in range(200):
        if process.poll() is not None:
            raise SystemExit(f"nginx ended with {process.returncode}; see its error.log")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise SystemExit("nginx does not listen")


@contextlib.contextmanager
def pool(command, path, processes):
    """`processes` workers on one listening unix socket, handed over as descriptor 0."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen(4096)
        workers = [subprocess.Popen(command, stdin=listener) for _ in range(processes)]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            try:
                worker.wait(3)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
        path.unlink()


@contextlib.contextmanager
def on_one_core(pids):
    """Keeps processes, all their threads, on one core for the while."""
    threads = [int(task.name) for pid in pids for task in pathlib.Path(f"/proc/{pid}/task").iterdir()]
    before = {thread: os.sched_getaffinity(thread) for thread in threads}
    try:
        for thread, cores in before.items():
            os.sched_setaffinity(thread, {min(cores)})
        yield
    finally:
        for thread, cores in before.items():
            os.sched_setaffinity(thread, cores)


def cpu_seconds(pids):
    """Processor time that processes have had, all threads of theirs that live; unlike throughput it
    hardly feels the neighbours."""
    total = 0
    for pid in pids:
        for path in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                total += int(path.read_text().split()[0])
    return total / 1e9


def memory_kib(pid):
    """Proportional and private memory of a process; None where it is gone, or only root may look
    (workers keep themselves out of others' reach)."""
    try:
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (PermissionError, FileNotFoundError, ProcessLookupError):
        return None
    sizes = {line.split(":")[0]: int(line.split()[1]) for line in text.splitlines()[1:]}
    return {"pss": sizes["Pss"], "private": sizes["Private_Clean"] + sizes["Private_Dirty"]}


def wrk(url, seconds, connections=32, script=None, args=(), threads=1):
    """One run of wrk: requests, requests a second, latencies in microseconds, and what was bad:
    answers that were no 2xx or 3xx, and broken connections."""
    command = ["wrk", "-t", str(threads), "-c", str(connections), "-d", f"{seconds}s",
               "-s", str(script or HERE / "report.lua")]
    command += [url, "--", *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    line = next(l for l in done.stdout.splitlines() if l.startswith("RESULT "))
    return json.loads(line.removeprefix("RESULT "))
