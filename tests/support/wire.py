"""HTTP by the byte: for what no well-behaved client library would send, and for load."""

import socket
import ssl

from support.client import fresh_ip


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers  # (lower-case name, value), in order
        self.body = body

    def header(self, name):
        return next((value for key, value in self.headers if key == name.lower()), None)


class Wire:
    def __init__(self, stack, ip=None, timeout=40):
        self._context = _context(stack)
        self.ip = ip or fresh_ip()
        raw = socket.create_connection(("127.0.0.1", stack.port), timeout, (self.ip, 0))
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = self._context.wrap_socket(raw, server_hostname=stack.host)
        self._buffer = b""
        self.host = f"{stack.host}:{stack.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._socket.close()

    def send(self, data):
        try:
            self._socket.sendall(data)
        except (ssl.SSLEOFError, BrokenPipeError, ConnectionResetError):
            pass  # refused before it was all sent: the answer may be there

    def half_close(self):
        """No more bytes from us, but the answer is still read."""
        try:
            self._socket.unwrap()
        except (OSError, ssl.SSLError):
            pass

    def _fill(self):
        chunk = self._socket.recv(65536)
        if not chunk:
            raise ConnectionError("closed by the server")
        self._buffer += chunk

    def read(self, head=False):
        """One answer; ConnectionError where the server closed instead."""
        while b"\r\n\r\n" not in self._buffer:
            self._fill()
        text, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        lines = text.decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ", 2)[1])
        headers = [(name.lower(), value.strip()) for name, _, value in
                   (line.partition(":") for line in lines[1:])]
        answer = Answer(status, headers, b"")
        if head or status in (204, 304):
            return answer
        if (answer.header("transfer-encoding") or "").lower() == "chunked":
            answer.body = self._chunks()
        elif answer.header("content-length") is not None:
            answer.body = self._exactly(int(answer.header("content-length")))
        else:
            answer.body = self._rest()
        return answer

    def _exactly(self, length):
        while len(self._buffer) < length:
            self._fill()
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return body

    def _chunks(self):
        body = b""
        while True:
            while b"\r\n" not in self._buffer:
                self._fill()
            size, _, self._buffer = self._buffer.partition(b"\r\n")
            chunk = self._exactly(int(size.split(b";")[0], 16))
            self._exactly(2)
            if not chunk:
                return body
            body += chunk

    def _rest(self):
        try:
            while True:
                self._fill()
        except ConnectionError:
            body, self._buffer = self._buffer, b""
            return body

    def request(self, method, path, headers=(), body=b"", length=None):
        """`headers`: pairs of bytes or text, sent as they are. `length`: a Content-Length that
        need not be true."""
        lines = [f"{method} {path} HTTP/1.1".encode(), b"Host: " + self.host.encode()]
        for name, value in headers:
            lines.append(_bytes(name) + b": " + _bytes(value))
        if body or length is not None:
            declared = len(body) if length is None else length
            lines.append(b"Content-Length: " + str(declared).encode())
        self.send(b"\r\n".join(lines) + b"\r\n\r\n" + body)


def _bytes(value):
    return value if isinstance(value, bytes) else value.encode("utf-8")


_contexts = {}


def _context(stack):
    """One a certificate: making one is slow, and threads may share it."""
    if stack.ca_file not in _contexts:
        _contexts[stack.ca_file] = ssl.create_default_context(cafile=stack.ca_file)
    return _contexts[stack.ca_file]


def once(stack, method, path, headers=(), body=b"", length=None, ip=None):
    """One request on a connection and an address of its own."""
    with Wire(stack, ip) as wire:
        wire.request(method, path, [*headers, ("Connection", "close")], body, length)
        return wire.read(head=method == "HEAD")
