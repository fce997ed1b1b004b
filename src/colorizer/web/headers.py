"""What every response tells the browser, and what the browser tells of a request."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from colorizer.web.about import POLICY

# Isolation lets the engine measure and use threads.
HEADERS = {
    "content-security-policy": f"{POLICY}; frame-ancestors 'self'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
# Who asks, as browsers say it to servers on their own computer and over HTTPS (W3C, "Fetch
# Metadata Request Headers"); others say nothing.
ASKED_BY = "sec-fetch-site"
OURSELVES = ("same-origin", "none")


def is_from_elsewhere(headers: Headers) -> bool:
    """Tell whether another website asks through a visitor's browser: it could use up all room."""
    return headers.get(ASKED_BY, OURSELVES[0]) not in OURSELVES


def with_headers(app: ASGIApp) -> ASGIApp:
    """Return an app with :data:`HEADERS` in every response, errors included."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                # The page of another version must not linger; visitors' files are their own.
                is_own = scope["path"].startswith("/visits")
                headers["cache-control"] = "no-store" if is_own else "no-cache"
            await send(message)

        await app(scope, receive, send_with_headers if scope["type"] == "http" else send)

    return guarded
