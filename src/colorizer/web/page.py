"""The layout of the page, and which action each of its parts starts."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import gradio as gr

from colorizer.web.actions import Actions
from colorizer.web.examples import Example
from colorizer.web.session_store import Sessions

TITLE = "Colour your black-and-white photographs"
PROMISE = "Nothing is sent to the internet: all is done on the computer that runs this page."
MAX_SATURATION = 2.0
ASSETS = files("colorizer.web") / "assets"
# Session makes visitors wait for each other. Gradio's own queue (6.31) sometimes loses the answer
# to an event that overlaps another one by the same visitor.
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
        The slider's initial value, at least 0.
    """
    actions = Actions(sessions, examples, saturation)

    def leave(key: str) -> None:
        sessions.close(key)

    page = gr.Blocks(title="Colorizer", analytics_enabled=False)
    # Gradio itself keeps what it showed, for thousands of visitors by default.
    page.state_session_capacity = sessions.limits.visitors
    with page:
        # Not a method: for each page, Gradio copies this callback with everything it belongs to.
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

        page.load(actions.start, None, [key, chooser], **EVENT)
        chooser.upload(actions.color_next, key, shown, **EVENT)
        chooser.select(actions.color_example, key, shown, **EVENT)
        strip.select(actions.choose, key, shown, **EVENT)
        strip.delete(actions.remove, key, shown, **EVENT)
        last = {**EVENT, "trigger_mode": "always_last"}
        slider.input(actions.saturate, [key, slider], picture, **last)
        picture.select(actions.add_spot, key, picture, **EVENT)
        picture.delete(actions.remove_spot, key, picture, **EVENT)
        picture.undo(actions.remove_last_spot, key, picture, **EVENT)
        picture.clear(actions.remove_all_spots, key, picture, **EVENT)
        once = {**EVENT, "trigger_mode": "once", "show_progress": "minimal"}
        save.click(actions.offer, key, download, **once)
        save_all.click(actions.offer_all, key, download, **once)
    return page


def _html(name: str) -> gr.HTML:
    """Return a page element built from files of :data:`ASSETS`.

    Gradio runs text in templates as code, so file names reach the script as data.
    """
    return gr.HTML(
        html_template=(ASSETS / f"{name}.html").read_text(encoding="utf-8"),
        js_on_load=(ASSETS / f"{name}.js").read_text(encoding="utf-8"),
        apply_default_css=False,
        elem_id=name,
    )
