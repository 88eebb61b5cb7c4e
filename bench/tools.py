"""What the benchmarks share: a private nginx, pools of FastCGI workers, wrk."""

import contextlib
import json
import pathlib
import socket
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent

NGINX_CONF = """
daemon off;
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
    {server}
  }}
}}
"""

# What a worker is sent of a request: as many parameters as the real locations send.
FASTCGI_PARAMS = """
    fastcgi_pass_request_headers off;
    fastcgi_param REQUEST_METHOD $request_method;
    fastcgi_param DOCUMENT_URI $document_uri;
    fastcgi_param QUERY_STRING $query_string;
    fastcgi_param CONTENT_TYPE $content_type;
    fastcgi_param CONTENT_LENGTH $content_length;
    fastcgi_param REMOTE_ADDR $remote_addr;
    fastcgi_param REQUEST_ID $request_id;
    fastcgi_param HTTP_HOST $http_host;
    fastcgi_param HTTP_AUTHORIZATION $http_authorization;
    fastcgi_param HTTP_COOKIE $http_cookie;
    fastcgi_param HTTP_USER_AGENT $http_user_agent;
    fastcgi_param HTTP_ORIGIN $http_origin;
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def floor_locations(name, upstream, keep):
    """/<name>: straight to the upstream; /site/<name>: a file behind auth_request."""
    keep_conn = "fastcgi_keep_conn on;" if keep else ""
    return f"""
    location = /{name} {{ {FASTCGI_PARAMS} {keep_conn} fastcgi_pass {upstream}; }}
    location = /_{name} {{
      internal; {FASTCGI_PARAMS} {keep_conn}
      fastcgi_pass_request_body off; fastcgi_param CONTENT_LENGTH ""; fastcgi_pass {upstream};
    }}
    location = /site/{name} {{ auth_request /_{name}; try_files /nothing =204; }}
    """


@contextlib.contextmanager
def nginx(folder, http, server, workers=2):
    """A private nginx; yields its base URL."""
    folder = pathlib.Path(folder)
    port = free_port()
    conf = folder / "nginx.conf"
    conf.write_text(NGINX_CONF.format(dir=folder, port=port, http=http, server=server,
                                      workers=workers))
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
        path.chmod(0o777)
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


def cpu_seconds(pids):
    """Processor time that processes have had; unlike throughput it hardly feels the neighbours."""
    return sum(int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0])
               for pid in pids) / 1e9


def wrk(url, seconds, connections=32, script=None, headers=(), threads=1):
    """One run of wrk: requests, requests a second, latencies in microseconds, answers that were no
    2xx."""
    command = ["wrk", "-t", str(threads), "-c", str(connections), "-d", f"{seconds}s",
               "-s", str(script or HERE / "report.lua")]
    for header in headers:
        command += ["-H", header]
    done = subprocess.run(command + [url], capture_output=True, text=True, check=True)
    line = next(l for l in done.stdout.splitlines() if l.startswith("RESULT "))
    return json.loads(line.removeprefix("RESULT "))
