"""memcached over its own socket, without a library between."""

import socket
import urllib.parse


class Cache:
    def __init__(self, path):
        self._path = path

    def _ask(self, command, end):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(self._path)
            connection.sendall(command)
            answer = b""
            while not answer.endswith(end):
                chunk = connection.recv(65536)
                if not chunk:
                    raise ConnectionError("memcached closed the connection")
                answer += chunk
            return answer

    def flush(self):
        assert self._ask(b"flush_all\r\n", b"\r\n") == b"OK\r\n"

    def try_flush(self):
        """For a cache that may be down just now."""
        try:
            self.flush()
        except OSError:
            pass

    def stats(self):
        lines = self._ask(b"stats\r\n", b"END\r\n").decode().splitlines()
        return dict(line.split(" ", 2)[1:] for line in lines if line.startswith("STAT "))

    def keys(self):
        """What is stored, by `lru_crawler metadump`."""
        lines = self._ask(b"lru_crawler metadump all\r\n", b"END\r\n").decode().splitlines()
        return [urllib.parse.unquote(line.split(" ", 1)[0].removeprefix("key=")) for line in lines
                if line.startswith("key=")]

    def get(self, key):
        """The raw answer: what anybody who reaches the socket would see."""
        return self._ask(b"get " + key.encode() + b"\r\n", b"END\r\n")

    def overwrite(self, key, value):
        command = b"set " + key.encode() + b" 0 60 " + str(len(value)).encode() + b"\r\n"
        assert self._ask(command + value + b"\r\n", b"\r\n") == b"STORED\r\n"
