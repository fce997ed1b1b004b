"""The server's application: the page, and what it asks for."""

from __future__ import annotations

import asyncio
import json
import mimetypes
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial, wraps
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from colorizer.common.errors import UserError, is_full_disk
from colorizer.inference.types import PhotoChroma
from colorizer.photo.colorist import PhotoColorist
from colorizer.photo.edits import MOST_STRENGTH, parse_edits, parse_place
from colorizer.photo.formats import HEIC, WRITE_FORMATS, has_heif
from colorizer.web.about import PAGE, about_host
from colorizer.web.examples import Example
from colorizer.web.headers import is_from_elsewhere, with_headers
from colorizer.web.limits import Limits, RefusedError
from colorizer.web.open_photograph import OpenPhotograph
from colorizer.web.results import OWN_FORMAT, Order, Results
from colorizer.web.visit import FULL_DISK, REMOVED, Visit
from colorizer.web.visits import GoneError, Visits

# Chroma is sent in hundredths of CIELAB units: far less than an 8-bit step.
STEPS_PER_UNIT = 100
# How often idle visitors are looked for.
SWEEP_S = 20
MOST_JSON_BYTES = 1 << 20
CREATED, NO_CONTENT = 201, 204
FORBIDDEN, REFUSED, GONE, TOO_LARGE, FULL = 403, 409, 410, 413, 507
# Some systems' own tables say otherwise, and browsers then refuse to run the page's modules.
mimetypes.add_type("text/javascript", ".js")

T = TypeVar("T")
Handler = Callable[[Request], Awaitable[Response]]


class TooLargeError(RefusedError):
    """A file has more bytes than allowed."""


def build_app(
    colorist: PhotoColorist,
    limits: Limits,
    folder: Path,
    examples: Sequence[Example],
    network: str,
) -> ASGIApp:
    """Return the server's application.

    Parameters
    ----------
    colorist : PhotoColorist
        Colours the photographs.
    limits : Limits
        What visitors may upload.
    folder : Path
        For all files of visitors; created here.
    examples : sequence of Example
        Photographs to try.
    network : str
        What the page calls the network.
    """
    visits = Visits(folder, colorist, limits)
    about = _about(colorist, limits, examples, network)

    @asynccontextmanager
    async def sweeping(_: Starlette) -> AsyncIterator[None]:
        sweeper = asyncio.create_task(_sweep(visits))
        yield
        sweeper.cancel()
        await run_in_threadpool(visits.shut_down)

    def route(path: str, method: str, handler: Callable[..., Awaitable[Response]]) -> Route:
        return Route(path, _told(partial(handler, visits)), methods=[method])

    async def tell_about(_: Request) -> Response:
        return JSONResponse(about)

    own, photograph = "/visits/{key}", "/visits/{key}/photographs/{number:int}"
    result = "/visits/{key}/results/{number:int}"
    routes = [
        Route("/about.json", tell_about),
        route("/visits", "POST", _welcome),
        route(own, "POST", _notice),
        route(f"{own}/photographs", "GET", _list),
        route(f"{own}/photographs", "POST", _receive),
        route(f"{own}/examples/{{index:int}}", "POST", partial(_open_example, examples)),
        route(photograph, "DELETE", _remove),
        route(f"{photograph}/preview", "GET", _preview),
        route(f"{photograph}/chroma", "POST", _predict),
        route(f"{photograph}/colors", "POST", _suggest),
        route(f"{photograph}/variants", "POST", _propose),
        route(f"{own}/results", "POST", _order),
        route(result, "GET", _progress),
        route(result, "DELETE", _cancel),
        route(f"{result}/file", "GET", _give),
        Mount("/", StaticFiles(directory=PAGE, html=True)),
    ]
    return with_headers(Starlette(routes=routes, lifespan=sweeping))


def _about(
    colorist: PhotoColorist, limits: Limits, examples: Sequence[Example], network: str
) -> dict[str, Any]:
    """Return what the page must know of this server before anything else."""
    return about_host(
        edition="server",
        network=network,
        takes_hints=colorist.network.takes_hints,
        knows_colors=colorist.network.knows_colors,
        strength=min(colorist.saturation, MOST_STRENGTH),
        quality=colorist.quality,
        formats=_formats(),
        limits=limits,
        examples=examples,
    )


def _formats() -> list[str]:
    """Return the formats that can be written here."""
    return [name for name in WRITE_FORMATS if name != HEIC or has_heif()]


async def _sweep(visits: Visits) -> None:
    while True:
        await asyncio.sleep(min(SWEEP_S, visits.limits.idle_s))
        await run_in_threadpool(visits.close_idle)


async def _welcome(visits: Visits, _: Request) -> Response:
    return JSONResponse({"key": await run_in_threadpool(visits.open)}, CREATED)


async def _notice(visits: Visits, request: Request) -> Response:
    _visit(visits, request)
    return Response(status_code=NO_CONTENT)


async def _list(visits: Visits, request: Request) -> Response:
    photographs = _visit(visits, request).photographs()
    return JSONResponse([_described(number, opened) for number, opened in photographs])


async def _receive(visits: Visits, request: Request) -> Response:
    """Store an upload, and open it."""
    name = request.query_params.get("name", "")
    store = partial(_store, request, visits.limits)
    return await _opened(_visit(visits, request), name, store)


async def _open_example(examples: Sequence[Example], visits: Visits, request: Request) -> Response:
    index = request.path_params["index"]
    if index >= len(examples):
        raise RefusedError("There is no such example.")
    example = examples[index]
    write = partial(run_in_threadpool, example.write_grey)
    return await _opened(_visit(visits, request), f"{example.path.stem}.jpg", write)


async def _opened(visit: Visit, name: str, store: Callable[[Path], Awaitable[None]]) -> Response:
    """Store a photograph, open it, and describe it."""
    file = visit.expect(name)
    try:
        await store(file.path)
    except BaseException:
        visit.forget(file)
        raise
    number, opened = await asyncio.wrap_future(visit.open(file))
    return JSONResponse(_described(number, opened), CREATED)


async def _remove(visits: Visits, request: Request) -> Response:
    _visit(visits, request).remove(request.path_params["number"])
    return Response(status_code=NO_CONTENT)


async def _preview(visits: Visits, request: Request) -> Response:
    opened = _visit(visits, request)[request.path_params["number"]]
    try:
        preview = await run_in_threadpool(opened.preview.read_bytes)
    except FileNotFoundError as error:  # removed meanwhile
        raise RefusedError(REMOVED) from error
    return Response(preview, media_type="image/jpeg")


async def _predict(visits: Visits, request: Request) -> Response:
    visit, edits = _visit(visits, request), _parsed(parse_edits, await _json(request))
    chroma = await asyncio.wrap_future(visit.predict(request.path_params["number"], edits))
    height, width = chroma.own.shape[1:]
    sizes = {"x-width": str(width), "x-height": str(height)}
    return Response(_packed(chroma), headers=sizes, media_type="application/octet-stream")


async def _suggest(visits: Visits, request: Request) -> Response:
    visit, sent = _visit(visits, request), await _json(request)
    place, size = _parsed(parse_place, sent), _parsed(parse_edits, sent).size
    colors = visit.suggest(request.path_params["number"], place, size)
    return JSONResponse(await asyncio.wrap_future(colors))


async def _propose(visits: Visits, request: Request) -> Response:
    visit, edits = _visit(visits, request), _parsed(parse_edits, await _json(request))
    variants = await asyncio.wrap_future(visit.variants(request.path_params["number"], edits))
    return JSONResponse(variants)


async def _order(visits: Visits, request: Request) -> Response:
    results, order = _results(visits, request), _parse_order(await _json(request))
    return JSONResponse({"number": await run_in_threadpool(results.start, order)}, CREATED)


async def _progress(visits: Visits, request: Request) -> Response:
    result = _results(visits, request)[request.path_params["number"]]
    if result.problem:
        raise RefusedError(result.problem)
    return JSONResponse({"progress": result.progress, "done": result.is_done})


async def _cancel(visits: Visits, request: Request) -> Response:
    await run_in_threadpool(_results(visits, request).cancel, request.path_params["number"])
    return Response(status_code=NO_CONTENT)


async def _give(visits: Visits, request: Request) -> Response:
    file = _results(visits, request)[request.path_params["number"]].file
    if file is None:
        raise RefusedError("This file is not there yet.")
    return FileResponse(file.path, filename=file.name)


def _visit(visits: Visits, request: Request) -> Visit:
    return visits[request.path_params["key"]][0]


def _results(visits: Visits, request: Request) -> Results:
    return visits[request.path_params["key"]][1]


def _described(number: int, opened: OpenPhotograph) -> dict[str, Any]:
    width, height = opened.size
    return {"number": number, "name": opened.name, "width": width, "height": height}


def _packed(chroma: PhotoChroma) -> bytes:
    """Return own and given, (2, h, w) each, as 16-bit little-endian integers."""
    steps = np.stack([chroma.own, chroma.given]) * np.float32(STEPS_PER_UNIT)
    limits = np.iinfo(np.int16)
    return steps.round().clip(limits.min, limits.max).astype("<i2").tobytes()


def _parsed(parse: Callable[[Any], T], sent: Any) -> T:
    try:
        return parse(sent)
    except ValueError as error:
        raise RefusedError(str(error)) from error


def _parse_order(sent: Any) -> Order:
    try:
        photographs = {one["number"]: parse_edits(one) for one in sent["photographs"]}
        format_, quality = sent.get("format", OWN_FORMAT), sent.get("quality", 95)
        side_by_side = sent.get("sideBySide", False)
    except (KeyError, TypeError, AttributeError) as error:
        raise RefusedError("It is not clear which photographs to write.") from error
    except ValueError as error:
        raise RefusedError(str(error)) from error
    if format_ not in (OWN_FORMAT, *_formats()):
        raise RefusedError(f"This is no format for photographs: {format_}")
    if not isinstance(quality, int) or not 1 <= quality <= 100:
        raise RefusedError("The quality must be from 1 to 100.")
    return Order(photographs, format_, quality, bool(side_by_side))


async def _json(request: Request) -> Any:
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > MOST_JSON_BYTES:
            raise TooLargeError("That is too much.")
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise RefusedError("The page and the server do not understand each other.") from error


async def _store(request: Request, limits: Limits, path: Path) -> None:
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > limits.bytes:
        raise TooLargeError(limits.too_big())
    size = 0
    with path.open("xb") as stored:
        async for piece in request.stream():
            size += len(piece)
            if size > limits.bytes:
                raise TooLargeError(limits.too_big())
            stored.write(piece)


def _told(handler: Handler) -> Handler:
    """Return a handler whose refusals reach the visitor as words."""

    @wraps(handler)
    async def answered(request: Request) -> Response:
        if is_from_elsewhere(request.headers):
            return JSONResponse({"problem": "Only the page itself may ask this."}, FORBIDDEN)
        try:
            return await handler(request)
        except ClientDisconnect:
            return Response(status_code=NO_CONTENT)  # nobody is there to read it
        except (RefusedError, UserError) as error:
            return JSONResponse({"problem": str(error)}, _status_of(error))
        except OSError as error:
            if not is_full_disk(error):
                raise
            return JSONResponse({"problem": FULL_DISK}, FULL)

    return answered


def _status_of(error: Exception) -> int:
    if isinstance(error, GoneError):
        return GONE
    return TOO_LARGE if isinstance(error, TooLargeError) else REFUSED
