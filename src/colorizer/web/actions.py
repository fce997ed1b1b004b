"""What happens when the visitor does something on the page."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import gradio as gr

from colorizer.common.errors import UserError
from colorizer.web import views
from colorizer.web.examples import Example
from colorizer.web.limits import RefusedError
from colorizer.web.session import NamedFile, Session
from colorizer.web.session_store import Sessions
from colorizer.web.spots import Spot

P = ParamSpec("P")
R = TypeVar("R")


def show_refusals(function: Callable[P, R]) -> Callable[P, R]:
    """Return a function whose refusals are shown to the visitor, not logged as failures."""

    @wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except (RefusedError, UserError) as error:
            raise gr.Error(str(error), title="Sorry", print_exception=False) from error

    return wrapped


class Actions:
    """The page's events: each takes the visitor's key and returns what to show.

    Parameters
    ----------
    sessions : Sessions
        The visitors.
    examples : sequence of Example
        Photographs to try.
    saturation : float
        The initial strength of the colours, at least 0.
    """

    def __init__(self, sessions: Sessions, examples: Sequence[Example], saturation: float) -> None:
        self._sessions, self._examples, self._saturation = sessions, examples, saturation
        self._answers = itertools.count(1)  # so that no two look the same

    def start(self) -> tuple[str, dict[str, Any]]:
        """Welcome a visitor; return their key and what the chooser shows."""
        key = self._sessions.open()
        return key, views.chooser(key, self._sessions.limits, self._examples)

    @show_refusals
    def color_next(self, key: str, event: gr.EventData) -> list[Any]:
        """Colour the waiting photograph that arrived first."""
        session = self._sessions[key]
        return self._show_after(session, lambda: session.color_next(choose=bool(event.first)))

    @show_refusals
    def color_example(self, key: str, event: gr.EventData) -> list[Any]:
        """Colour one of the example photographs."""
        session, example = self._sessions[key], self._examples[int(event.index)]

        def color() -> None:
            session.add(f"{example.path.stem}.jpg", example.write_grey)
            session.color_next(choose=True)

        return self._show_after(session, color)

    @show_refusals
    def choose(self, key: str, event: gr.EventData) -> list[Any]:
        """Switch to another photograph."""
        self._sessions[key].choose(int(event.number))
        return self._show(self._sessions[key])

    @show_refusals
    def remove(self, key: str, event: gr.EventData) -> list[Any]:
        """Take a photograph off the page."""
        self._sessions[key].remove(int(event.number))
        return self._show(self._sessions[key])

    @show_refusals
    def saturate(self, key: str, value: float) -> dict[str, Any] | None:
        """Make the photograph more or less vivid."""
        self._sessions[key].saturate(value)
        return self._show_picture(key)

    @show_refusals
    def add_spot(self, key: str, event: gr.EventData) -> dict[str, Any] | None:
        """Give a place in the photograph a colour."""
        spot = Spot(float(event.x), float(event.y), str(event.color))
        self._sessions[key].add_spot(spot)
        return self._show_picture(key)

    @show_refusals
    def remove_spot(self, key: str, event: gr.EventData) -> dict[str, Any] | None:
        """Take back the colour of one place."""
        index = int(event.index)
        return self._remove_spots(key, slice(index, index + 1))

    @show_refusals
    def remove_last_spot(self, key: str) -> dict[str, Any] | None:
        """Take back the last colour."""
        return self._remove_spots(key, slice(-1, None))

    @show_refusals
    def remove_all_spots(self, key: str) -> dict[str, Any] | None:
        """Take back all colours."""
        return self._remove_spots(key, slice(None))

    @show_refusals
    def offer(self, key: str) -> str:
        """Write the photograph at its full size; return its address."""
        return _address_of(key, self._sessions[key].save())

    @show_refusals
    def offer_all(self, key: str) -> str:
        """Write all photographs to an archive; return its address."""
        return _address_of(key, self._sessions[key].save_all())

    def _show_after(self, session: Session, action: Callable[[], object]) -> list[Any]:
        # The chooser reports a refusal, as it waits for this answer to continue.
        problem = None
        try:
            action()
        except (RefusedError, UserError) as error:
            problem = str(error)
        return self._show(session, problem)

    def _show(self, session: Session, problem: str | None = None) -> list[Any]:
        chosen, strip = session.chosen, session.strip()
        count = len(strip["photographs"])
        return [
            {"count": count, "problem": problem, "answer": next(self._answers)},
            strip,
            views.picture(session, is_new=True),
            gr.Column(visible=chosen is not None),
            chosen.saturation if chosen else self._saturation,
            gr.Button(visible=count > 1),
        ]

    def _show_picture(self, key: str) -> dict[str, Any] | None:
        return views.picture(self._sessions[key], is_new=False)

    def _remove_spots(self, key: str, which: slice) -> dict[str, Any] | None:
        self._sessions[key].remove_spots(which)
        return self._show_picture(key)


def _address_of(key: str, file: NamedFile) -> str:
    return f"photographs/{key}/{file.path.name}"
