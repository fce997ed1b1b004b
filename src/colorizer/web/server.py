"""The server of the page."""

from __future__ import annotations

import errno
import socket
from pathlib import Path

import gradio as gr
import uvicorn
from fastapi import FastAPI

from colorizer.common.errors import UserError
from colorizer.photo.colorist import PhotoColorist
from colorizer.web.examples import find_examples
from colorizer.web.gate import AsgiApp, Gate
from colorizer.web.limits import Limits
from colorizer.web.page import ASSETS, build_page
from colorizer.web.session_store import Sessions
from colorizer.web.transfers import transfers

FONTS = ("system-ui", "sans-serif")
FIXED_FONTS = ("ui-monospace", "monospace")
# For what is still open when the server ends: pages that wait for news.
GRACE_S = 1


def build_app(colorist: PhotoColorist, limits: Limits, folder: Path) -> AsgiApp:
    """Return the server's application.

    Parameters
    ----------
    colorist : PhotoColorist
        Colours the photographs.
    limits : Limits
        What visitors may upload.
    folder : Path
        For all files of visitors; created here.
    """
    sessions = Sessions(folder, colorist, limits)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(transfers(sessions))
    gr.mount_gradio_app(
        app,
        build_page(sessions, find_examples(), colorist.saturation),
        path="/",
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        show_error=False,
        theme=gr.themes.Default(font=FONTS, font_mono=FIXED_FONTS),
        css=(ASSETS / "page.css").read_text(encoding="utf-8"),
    )
    return Gate(app)


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


def server_of(app: AsgiApp) -> uvicorn.Server:
    """Return a server that runs until Ctrl-C or SIGTERM, and then passes that signal on."""
    config = uvicorn.Config(
        app,
        log_level="critical",
        access_log=False,
        ws="none",
        timeout_graceful_shutdown=GRACE_S,
    )
    return uvicorn.Server(config)
