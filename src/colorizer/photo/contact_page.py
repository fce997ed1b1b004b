"""The HTML of a contact sheet: complete in itself, and the same for the same pictures."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from colorizer.photo.contact_sheet import ContactSheet, Frame, Thumbnail

# How a page of ours is known, so that the next run may replace it; in its first bytes.
GENERATOR = '<meta name="generator" content="colorizer photo --report">'
# Width by height that a frame, a pair of pictures, has on the page: a narrower one would leave no
# room for names, and a wider one would be enlarged.
_NARROWEST, _WIDEST = 1.0, 4.0
_UNKNOWN = 3.0  # of two pictures of 3:2


def page_of(sheet: ContactSheet, failures: Sequence[tuple[Path, str]]) -> Iterator[str]:
    """Yield the HTML of a contact sheet, piece by piece.

    Parameters
    ----------
    sheet : ContactSheet
        The photographs, which are sorted: whether one is new must not move it.
    failures : sequence of tuple
        What could not be coloured, and why.
    """
    count = _counted(len(sheet.frames) + len(failures))
    yield _HEAD.substitute(
        generator=GENERATOR, style=_STYLE, count=count, facts=" · ".join(_facts(sheet, failures))
    )
    frames = sorted(sheet.frames, key=lambda frame: _place_of(frame.job.source))
    folders = [
        (folder, list(numbered))
        for folder, numbered in groupby(
            enumerate(frames, 1), key=lambda numbered: numbered[1].job.source.parent
        )
    ]
    for folder, numbered in folders:
        yield "<section>\n"
        if len(folders) > 1:
            yield f"<h2>{escape(_shown(folder))}</h2>\n"
        yield '<div class="frames">\n'
        for number, frame in numbered:
            yield _figure(sheet, frame, number)
        yield "</div>\n</section>\n"
    if failures:
        yield _failed(failures)
    yield "</main>\n</body>\n</html>\n"


def _facts(sheet: ContactSheet, failures: Sequence[tuple[Path, str]]) -> Iterator[str]:
    """Yield what the head of the page says, as HTML."""
    yield _counted(len(sheet.frames) + len(failures))
    new = sum(frame.is_new for frame in sheet.frames)
    if new:
        yield f"network: {escape(sheet.network)}"
    if new < len(sheet.frames):
        yield f"{len(sheet.frames) - new} there already"
    if failures:
        yield f'<a href="#failures">{len(failures)} not coloured</a>'


def _figure(sheet: ContactSheet, frame: Frame, number: int) -> str:
    source, (target, *others) = frame.job.source, frame.job.targets
    folder = sheet.path.parent
    name, result = _breakable(source.name), _breakable(target.name)
    if sheet.side_by_side:  # the picture leads to the result alone
        pictures = [_picture("Before and after", target, frame.after, folder)]
        name = f'<a href="{escape(link_to(source, folder))}">{name}</a>'
    else:
        pictures = [
            _picture("Before", source, frame.before, folder),
            _picture("After", target, frame.after, folder),
        ]
    for colouring, (file, small) in enumerate(zip(others, frame.others, strict=True), 2):
        pictures.append(_picture(f"Colouring {colouring}", file, small, folder))
    if others:
        result += f" and {len(others)} more"
    notes = list(frame.notes)
    if not frame.is_new and any(other.is_new for other in sheet.frames):
        notes.append("was there already")
    return _FIGURE.substitute(
        ratio=f"{_ratio(frame):.3f}",
        kind=' class="wide"' if sheet.side_by_side else "",
        pictures="\n".join(pictures),
        number=number,
        source=name,
        target=result,
        notes="".join(f'<span class="note">{escape(note)}</span>\n' for note in notes),
    )


def link_to(path: Path, folder: Path) -> str:
    """Return the URL of a file for a page in ``folder``: relative, unless on another drive."""
    absolute = os.path.abspath(path)
    try:
        relative = os.path.relpath(absolute, os.path.abspath(folder))
    except ValueError:  # Windows has no way from one drive to another
        return Path(absolute).as_uri()
    return quote(os.fsencode(relative.replace(os.sep, "/")))  # bytes: names may be of any encoding


def _counted(photographs: int) -> str:
    return "1 photograph" if photographs == 1 else f"{photographs} photographs"


def _place_of(source: Path) -> tuple[Path, str]:
    return source.parent, source.name


def _shown(folder: Path) -> str:
    """Return a folder's name as the user gave it, or its own name if that is only dots."""
    return str(folder) if folder.name.strip(".") else os.path.basename(os.path.abspath(folder))


def _ratio(frame: Frame) -> float:
    """Return a frame's width by its height."""
    if frame.before:
        ratio = 2 * frame.before.width / frame.before.height
    elif frame.after:
        ratio = frame.after.width / frame.after.height
    else:
        ratio = _UNKNOWN
    return min(max(ratio, _NARROWEST), _WIDEST)


def _picture(what: str, file: Path, small: Thumbnail | None, folder: Path) -> str:
    link = escape(link_to(file, folder))
    if small is None:
        return f'<a class="unseen" href="{link}">{_breakable(file.name)}</a>'
    return _PICTURE.substitute(
        link=link,
        jpeg=b64encode(small.jpeg).decode(),
        width=small.width,
        height=small.height,
        alt=escape(f"{what}: {file.name}"),
    )


def _breakable(name: str) -> str:
    """Return a file's name as HTML that breaks, if it must, between its parts."""
    return re.sub(r"(?<=[_-])(?![_-])", "<wbr>", escape(name))


def _failed(failures: Sequence[tuple[Path, str]]) -> str:
    items = "".join(
        f"<div><dt>{escape(str(path))}</dt><dd>{escape(reason)}</dd></div>\n"
        for path, reason in failures
    )
    return f'<section id="failures">\n<h2>Not coloured</h2>\n<dl>\n{items}</dl>\n</section>\n'


_HEAD = Template("""\
<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
$generator
<meta http-equiv="Content-Security-Policy" \
content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Before and after: $count</title>
<style>
$style</style>
</head>
<body>
<main>
<header>
<h1>Before and after</h1>
<p>$facts</p>
</header>
""")


_FIGURE = Template("""\
<figure$kind style="--ratio: $ratio">
$pictures
<figcaption>
<span><b>$number</b> $source</span>
<span class="result">$target</span>
$notes</figcaption>
</figure>
""")


_PICTURE = Template("""\
<a href="$link"><img src="data:image/jpeg;base64,$jpeg" width="$width" height="$height" \
alt="$alt" decoding="async"></a>""")


# Surroundings are neutral greys, or the eye would judge the colours wrongly. Frames grow in
# proportion to their ratio, so pictures in a row are equally high.
_STYLE = """\
:root {
  --paper: #f3f3f3; --ink: #1f1f1f; --quiet: #666; --line: #d9d9d9; --mark: #0b57d0;
  --row: 9rem;
}
@media screen and (prefers-color-scheme: dark) {
  :root { --paper: #161616; --ink: #e2e2e2; --quiet: #9a9a9a; --line: #333; --mark: #8ab4f8; }
}
* { box-sizing: border-box; }
html { color-scheme: light dark; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: .875rem/1.4 system-ui, sans-serif;
}
main { max-width: 100rem; margin: auto; padding: clamp(1rem, 4vw, 3rem); }
header { margin-bottom: 2.5rem; }
h1 { margin: 0 0 .3rem; font-size: 1.6rem; font-weight: 300; letter-spacing: .01em; }
h2 { margin: 0 0 1rem; font-size: .875rem; font-weight: 600; overflow-wrap: anywhere; }
p { margin: 0; color: var(--quiet); overflow-wrap: anywhere; }
section { margin-bottom: 3rem; }
h2 { border-top: 1px solid var(--line); padding-top: .8rem; }
.frames { display: flex; flex-wrap: wrap; align-items: flex-start; gap: 2rem 1.5rem; }
.frames::after { content: ""; flex: 1000 0 0; }
figure {
  flex: var(--ratio) 1 calc(var(--ratio) * var(--row));
  min-width: 0; max-width: calc(var(--ratio) * var(--row) * 1.45); margin: 0;
  display: grid; grid-template-columns: 1fr 1fr; gap: .45rem 3px;
}
figure.wide { grid-template-columns: 1fr; }
figure > a { min-width: 0; }
figcaption { grid-column: 1 / -1; }
img { display: block; width: 100%; height: auto; max-height: 28rem; object-fit: contain; }
.unseen {
  display: grid; place-content: center; padding: 1.5rem .5rem; border: 1px solid var(--line);
  text-align: center; overflow-wrap: anywhere;
}
a { color: inherit; text-decoration-color: var(--quiet); text-underline-offset: .2em; }
a:focus-visible { outline: 3px solid var(--mark); outline-offset: 3px; }
figcaption {
  display: grid; gap: .1rem 3px;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, max(8rem, 40%)), 1fr));
  font-size: .8rem; overflow-wrap: anywhere;
}
figcaption > span { padding-right: .5rem; }
b {
  margin-right: .3em; color: var(--quiet);
  font-weight: 400; font-variant-numeric: tabular-nums;
}
.result, .note { color: var(--quiet); }
.note { grid-column: 1 / -1; font-style: italic; }
dl { margin: 0; }
dl > div { margin-bottom: .6rem; }
dt { overflow-wrap: anywhere; }
dd { margin: 0; color: var(--quiet); overflow-wrap: anywhere; }
@media (max-width: 40rem) {
  figure { flex-basis: 100%; max-width: 100%; }
}
@media print {
  :root { --paper: #fff; --row: 8rem; }
  @page { margin: 12mm; }
  html { color-scheme: light; font-size: 80%; }
  main { padding: 0; }
  .frames { gap: 1.2rem 1rem; }
  figure, dl > div { break-inside: avoid; }
  h2 { break-after: avoid; }
}
"""
