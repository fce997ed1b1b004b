"""Where the page's server listens, and how it runs."""

from __future__ import annotations

import errno
import socket

import uvicorn
from starlette.types import ASGIApp

from colorizer.common.errors import UserError

# For what is still open when the server ends.
GRACE_S = 1


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that the server can use.

    Parameters
    ----------
    host : str
        A name or address of this computer.
    port : int
        0 to 65535; 0 for any free port.

    Raises
    ------
    UserError
        If the port is in use or not allowed, or the host is not this computer.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except socket.gaierror as error:
        raise UserError(f"--host {host}: no such name or address") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise UserError(
                f"port {port} is in use; end what uses it, or choose another: --port {port + 1}"
            ) from error
        if error.errno == errno.EACCES:
            raise UserError(
                f"port {port} is not allowed; choose one above 1023: --port"
            ) from error
        raise UserError(f"--host {host}: {error.strerror}") from error


def server_of(app: ASGIApp) -> uvicorn.Server:
    """Return a server that runs until Ctrl-C or SIGTERM, and then passes that signal on."""
    config = uvicorn.Config(
        app,
        log_level="error",
        access_log=False,
        ws="none",
        timeout_graceful_shutdown=GRACE_S,
    )
    return uvicorn.Server(config)
