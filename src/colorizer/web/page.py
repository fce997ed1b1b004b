"""The layout of the page, and what happens when the visitor does something."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from functools import wraps
from importlib.resources import files
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

TITLE = "Colour your black-and-white photographs"
PROMISE = "Nothing is sent to the internet: all is done on the computer that runs this page."
MAX_SATURATION = 2.0
ASSETS = files("colorizer.web") / "assets"
# Visitors wait for each other in Session. Gradio's own queue (6.31) now and then loses the answer
# to an event that overlaps another one of the same visitor.
EVENT: dict[str, Any] = {
    "queue": False,
    "show_progress": "hidden",
    "api_visibility": "private",
    "trigger_mode": "multiple",
}


def build_page(sessions: Sessions, examples: Sequence[Example], saturation: float) -> gr.Blocks:
    """Lay the page out.

    Parameters
    ----------
    sessions : Sessions
        The visitors.
    examples : sequence of Example
        Photographs to try.
    saturation : float
        What the slider shows at first.
    """
    answers = itertools.count(1)  # so that none looks like the one before

    def leave(key: str) -> None:
        sessions.close(key)

    page = gr.Blocks(title="Colorizer", analytics_enabled=False)
    # Gradio, too, keeps what it showed to visitors, thousands of them by default.
    page.state_session_capacity = sessions.limits.visitors
    with page:
        # No method: with each page, Gradio copies what this is, with all that belongs to it.
        key = gr.State("", delete_callback=leave)
        gr.Markdown(f"# {TITLE}\n\n{PROMISE}", elem_id="title")
        chooser = _html("chooser")
        with gr.Column(visible=False) as work:
            strip = _html("strip")
            with gr.Row():
                with gr.Column(scale=3, min_width=320):
                    picture = _html("picture")
                with gr.Column(scale=1, min_width=240):
                    slider = gr.Slider(
                        0,
                        max(MAX_SATURATION, saturation),
                        value=saturation,
                        step=0.05,
                        label="Colour strength",
                        elem_id="saturation",
                        info="0 is grey",
                    )
                    save = gr.Button("Download", variant="primary", elem_id="save")
                    save_all = gr.Button("Download all (ZIP)", visible=False, elem_id="save-all")
                    download = _html("download")
        shown = [chooser, strip, picture, work, slider, save_all]

        def show(session: Session, problem: str | None = None) -> list[Any]:
            chosen, strip_view = session.chosen, session.strip()
            count = len(strip_view["photographs"])
            return [
                {"count": count, "problem": problem, "answer": next(answers)},
                strip_view,
                views.picture(session, is_new=True),
                gr.Column(visible=chosen is not None),
                chosen.saturation if chosen else saturation,
                gr.Button(visible=count > 1),
            ]

        def start() -> tuple[str, dict[str, Any]]:
            opened = sessions.open()
            return opened, views.chooser(opened, sessions.limits, examples)

        def show_after(session: Session, action: Callable[[], object]) -> list[Any]:
            # A refusal is told by the chooser, which waits for this answer to go on.
            problem = None
            try:
                action()
            except (RefusedError, UserError) as error:
                problem = str(error)
            return show(session, problem)

        @_telling_refusals
        def color_next(key: str, event: gr.EventData) -> list[Any]:
            session = sessions[key]
            return show_after(session, lambda: session.color_next(choose=bool(event.first)))

        @_telling_refusals
        def color_example(key: str, event: gr.EventData) -> list[Any]:
            session, example = sessions[key], examples[int(event.index)]

            def color() -> None:
                session.add(f"{example.path.stem}.jpg", example.write_grey)
                session.color_next(choose=True)

            return show_after(session, color)

        @_telling_refusals
        def choose(key: str, event: gr.EventData) -> list[Any]:
            sessions[key].choose(int(event.number))
            return show(sessions[key])

        @_telling_refusals
        def remove(key: str, event: gr.EventData) -> list[Any]:
            sessions[key].remove(int(event.number))
            return show(sessions[key])

        @_telling_refusals
        def saturate(key: str, value: float) -> dict[str, Any] | None:
            sessions[key].saturate(value)
            return views.picture(sessions[key], is_new=False)

        @_telling_refusals
        def add_spot(key: str, event: gr.EventData) -> dict[str, Any] | None:
            sessions[key].add_spot(Spot(float(event.x), float(event.y), str(event.color)))
            return views.picture(sessions[key], is_new=False)

        def removing(which: Callable[[gr.EventData], slice]) -> Callable[..., Any]:
            @_telling_refusals
            def remove_spots(key: str, event: gr.EventData) -> dict[str, Any] | None:
                sessions[key].remove_spots(which(event))
                return views.picture(sessions[key], is_new=False)

            return remove_spots

        @_telling_refusals
        def offer(key: str) -> str:
            return _address(key, sessions[key].save())

        @_telling_refusals
        def offer_all(key: str) -> str:
            return _address(key, sessions[key].save_all())

        def one(event: gr.EventData) -> slice:
            return slice(int(event.index), int(event.index) + 1)

        page.load(start, None, [key, chooser], **EVENT)
        chooser.upload(color_next, key, shown, **EVENT)
        chooser.select(color_example, key, shown, **EVENT)
        strip.select(choose, key, shown, **EVENT)
        strip.delete(remove, key, shown, **EVENT)
        slider.input(saturate, [key, slider], picture, **{**EVENT, "trigger_mode": "always_last"})
        picture.select(add_spot, key, picture, **EVENT)
        picture.delete(removing(one), key, picture, **EVENT)
        picture.undo(removing(lambda _: slice(-1, None)), key, picture, **EVENT)
        picture.clear(removing(lambda _: slice(None)), key, picture, **EVENT)
        once = {**EVENT, "trigger_mode": "once", "show_progress": "minimal"}
        save.click(offer, key, download, **once)
        save_all.click(offer_all, key, download, **once)
    return page


def _html(name: str) -> gr.HTML:
    """Return an element of the page that is made of files of :data:`ASSETS`.

    Gradio runs what its templates hold as code: names of files come as data to the script.
    """
    return gr.HTML(
        html_template=(ASSETS / f"{name}.html").read_text(encoding="utf-8"),
        js_on_load=(ASSETS / f"{name}.js").read_text(encoding="utf-8"),
        apply_default_css=False,
        elem_id=name,
    )


def _address(key: str, file: NamedFile) -> str:
    return f"photographs/{key}/{file.path.name}"


def _telling_refusals(function: Callable[P, R]) -> Callable[P, R]:
    @wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except (RefusedError, UserError) as error:
            raise gr.Error(str(error), title="Sorry", print_exception=False) from error

    return wrapped
