"""An S3 server on this machine for tests of storage, and a proxy to it that dies on demand."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HOST = "127.0.0.1"
START_TIMEOUT_S = 60
KEY = "tester"
SECRET = "not-a-secret"  # noqa: S105

# moto's server, which leaves when the tests do, also when these are killed.
SERVER = """
import os, sys, threading
from moto.server import main

def leave_with_the_parent():
    sys.stdin.read()
    os._exit(0)

threading.Thread(target=leave_with_the_parent, daemon=True).start()
main(sys.argv[1:])
"""

# Neither the user's own settings and credentials, nor a proxy, nor the metadata service of a cloud
# in which the tests might run.
ISOLATION = {
    "AWS_CONFIG_FILE": "/nonexistent",
    "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
    "AWS_EC2_METADATA_DISABLED": "true",
    "NO_PROXY": HOST,
    "no_proxy": HOST,
}


@dataclass
class S3Server:
    """moto's server in a process of its own, with one bucket; it holds all in memory."""

    folder: Path
    bucket: str
    port: int = 0
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def endpoint(self) -> str:
        """The address to which S3 requests go."""
        return f"http://{HOST}:{self.port}"

    @property
    def url(self) -> str:
        """The bucket as fsspec and DVC name it."""
        return f"s3://{self.bucket}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which boto, s3fs and DVC find this server, and nothing else."""
        return {
            **ISOLATION,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.endpoint,
        }

    def start(self) -> None:
        """Start on a free port, or again on the port of before, with an empty bucket."""
        assert self._process is None
        log = self.folder / "moto.log"
        command = [sys.executable, "-c", SERVER, "-H", HOST, "-p", str(self.port)]
        with log.open("wb") as stream:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=stream, stderr=stream
            )
        limit = time.monotonic() + START_TIMEOUT_S
        # The line comes once the port is open, and is the only way to learn which one it is.
        while not (line := re.search(rf"Running on http://{HOST}:(\d+)", log.read_text())):
            if self._process.poll() is not None or time.monotonic() > limit:
                raise RuntimeError(f"moto's server did not start:\n{log.read_text()}")
            time.sleep(0.02)
        self.port = int(line[1])
        self._request("PUT", f"/{self.bucket}")

    def kill(self) -> None:
        """End the process with SIGKILL; all that it holds is lost."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def keys(self, folder: str = "") -> list[str]:
        """Return the names of at most a thousand objects whose names start with ``folder``."""
        listed = self._request("GET", f"/{self.bucket}?list-type=2&prefix={folder}")
        return re.findall(r"<Key>(.*?)</Key>", listed)

    def _request(self, method: str, path: str) -> str:
        with closing(HTTPConnection(HOST, self.port, timeout=30)) as connection:
            connection.request(method, path)
            response = connection.getresponse()
            body = response.read().decode()
            assert response.status == 200, body
            return body


@contextmanager
def s3_server(bucket: str = "team") -> Iterator[S3Server]:
    """Run an S3 server with an empty bucket while the context lasts."""
    with tempfile.TemporaryDirectory() as folder:
        server = S3Server(Path(folder), bucket)
        try:
            server.start()
            yield server
        finally:
            server.kill()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Forwarder

    def _forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not self.server.admits(self.command):
            self.close_connection = True
            return
        with closing(HTTPConnection(HOST, self.server.upstream, timeout=30)) as connection:
            connection.request(self.command, self.path, body, dict(self.headers))
            response = connection.getresponse()
            content = response.read()
        self.send_response_only(response.status, response.reason)
        for name, value in response.getheaders():
            if name.lower() not in {"connection", "transfer-encoding", "content-length"}:
                self.send_header(name, value)
        # The length of the answer to HEAD is that of the object, although no content follows.
        self.send_header("Content-Length", response.getheader("Content-Length", str(len(content))))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _forward  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


class _Forwarder(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, upstream: int, method: str, survives: int | None) -> None:
        self.upstream = upstream
        self._method = method
        self._left = survives
        self._lock = threading.Lock()
        self._dead = False
        self._connections: list[socket.socket] = []
        super().__init__((HOST, port), _Handler)

    def admits(self, method: str) -> bool:
        """Say whether a request may pass; the first that may not is the end of the server."""
        with self._lock:
            if self._dead:
                return False
            if method == self._method and self._left is not None:
                self._dead = self._left == 0
                self._left -= 1
            admitted = not self._dead
        if not admitted:
            self.die()
        return admitted

    def die(self) -> None:
        """Refuse new connections and break those that are open."""
        self._dead = True
        self.shutdown()
        self.server_close()
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def get_request(self) -> tuple[socket.socket, str]:
        connection, address = super().get_request()
        self._connections.append(connection)
        return connection, address

    def handle_error(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        # A connection that either side has broken is nothing to report.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def dying_proxy(
    upstream: int, *, port: int = 0, method: str = "PUT", survives: int | None = None
) -> Iterator[int]:
    """Forward a port to that of a server, and die at the request after ``survives`` of them.

    Without ``survives`` it lives as long as the context. The requests that were let through are
    carried out, so that what a broken transfer leaves behind is on the server, as it would be when
    a network breaks; the port can be opened again.
    """
    forwarder = _Forwarder(port, upstream, method, survives)
    thread = threading.Thread(target=forwarder.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield forwarder.server_port
    finally:
        forwarder.die()
        thread.join()
