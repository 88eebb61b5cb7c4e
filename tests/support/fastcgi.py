"""A FastCGI client of a few lines (Specification 1.0), straight to a pool's socket: for what nginx
of a test stack cannot say, such as a client address that no test has."""

import json
import secrets
import socket
import struct


class Answer:
    def __init__(self, raw):
        head, _, self.body = raw.partition(b"\r\n\r\n")
        self.headers = [tuple(line.split(": ", 1)) for line in head.decode("latin-1").split("\r\n")]
        self.status = int(self.header("Status", "200").split(" ")[0])

    def header(self, name, default=None):
        return next((v for n, v in self.headers if n.lower() == name.lower()), default)

    def all(self, name):
        return [v for n, v in self.headers if n.lower() == name.lower()]

    def json(self):
        return json.loads(self.body)


def _record(kind, content):
    return struct.pack(">BBHHBx", 1, kind, 1, len(content), 0) + content


def _length(text):
    size = len(text)
    return bytes([size]) if size < 128 else struct.pack(">I", size | 1 << 31)


def _pair(name, value):
    name, value = name.encode(), value.encode("latin-1")
    return _length(name) + _length(value) + name + value


def ask(path, params, body=b""):
    """One request, as nginx would pass it on to the pool that listens at `path`."""
    pairs = b"".join(_pair(name, value) for name, value in params.items())
    data = _record(1, struct.pack(">HB5x", 1, 0)) + _record(4, pairs) + _record(4, b"")
    data += (_record(5, body) if body else b"") + _record(5, b"")
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(30)
        connection.connect(path)
        connection.sendall(data)
        stream = connection.makefile("rb")
        out = b""
        while True:
            _, kind, _, size, padding = struct.unpack(">BBHHBx", stream.read(8))
            content = stream.read(size + padding)[:size]
            if kind == 3:
                return Answer(out)
            if kind == 6:
                out += content


def request(stack, method, path, ip, body=None, *, token=None, cookies=None, **params):
    """To the pool that nginx would choose, from the address `ip`."""
    path, _, query = path.partition("?")
    verify = path in ("/auth/verify", "/auth/session", "/auth/refresh", "/auth/logout",
                      "/auth/check")
    socket_path = stack.config["server"]["verify_socket" if verify else "account_socket"]
    sent = {"REQUEST_METHOD": method, "DOCUMENT_URI": path, "REMOTE_ADDR": ip,
            "REQUEST_ID": secrets.token_hex(16), "SERVER_NAME": stack.host,
            "HTTP_USER_AGENT": "gatehouse-tests", **params}
    if query:
        sent["QUERY_STRING"] = query
    if token is not None:
        sent["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    if cookies:
        sent["HTTP_COOKIE"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    data = b""
    if body is not None:
        data = json.dumps(body).encode()
        sent |= {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(data))}
    return ask(socket_path, sent, data)
