"""Photographs on their way to the server, and coloured ones on their way back."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse, Response
from starlette.requests import ClientDisconnect

from colorizer.common.errors import is_full_disk
from colorizer.web.limits import RefusedError
from colorizer.web.session import NamedFile
from colorizer.web.session_store import Sessions

NO_CONTENT, NOT_FOUND, TOO_LARGE, REFUSED, FULL = 204, 404, 413, 409, 507


def transfers(sessions: Sessions) -> APIRouter:
    """Return the routes for visitors' photographs; the page knows the visitors' keys.

    Gradio's own routes would store files under the names that browsers send.
    """
    router = APIRouter(prefix="/photographs")

    @router.post("/{key}", status_code=NO_CONTENT)
    async def receive(key: str, name: str, request: Request) -> Response:
        """Store an upload, and queue it for colouring."""
        try:
            session = sessions[key]
            file = session.expect(name)
        except RefusedError as error:
            raise HTTPException(REFUSED, str(error)) from error
        try:
            await _store(request, file, sessions.limits.bytes, sessions.limits.too_big())
        except BaseException as error:
            session.forget(file)
            if isinstance(error, ClientDisconnect):
                return Response(status_code=NO_CONTENT)  # nobody is there to read it
            if is_full_disk(error):
                raise HTTPException(FULL, "The disk of the server is full.") from error
            raise
        session.receive(file)
        return Response(status_code=NO_CONTENT)

    @router.get("/{key}/{stored}")
    def give(key: str, stored: str) -> Response:
        """Send the file that was saved last."""
        try:
            file = sessions[key].download(stored)
        except RefusedError as error:
            raise HTTPException(NOT_FOUND, str(error)) from error
        return FileResponse(file.path, filename=file.name, headers={"cache-control": "no-store"})

    return router


async def _store(request: Request, file: NamedFile, most: int, complaint: str) -> None:
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > most:
        raise HTTPException(TOO_LARGE, complaint)
    size = 0
    with file.path.open("xb") as stored:
        async for piece in request.stream():
            size += len(piece)
            if size > most:
                raise HTTPException(TOO_LARGE, complaint)
            stored.write(piece)
