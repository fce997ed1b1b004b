from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.figure import Figure
from PIL import Image

from colorizer.figures.charts import save_figure


def chart(title: str = "") -> Figure:
    figure = Figure(figsize=(3, 2))
    axes = figure.subplots()
    axes.plot([1, 2, 4])
    axes.set_title(title)
    return figure


def test_figure_is_a_png_that_opens_and_names_no_software(tmp_path: Path) -> None:
    path = tmp_path / "new" / "figure.png"

    save_figure(path, chart())

    with Image.open(path) as picture:
        picture.load()
        assert picture.format == "PNG"
        assert picture.size == (360, 240)
        assert set(picture.info) == {"dpi"}
    assert list(path.parent.iterdir()) == [path]


def test_same_figure_same_bytes(tmp_path: Path) -> None:
    for name in ("first.png", "again.png"):
        save_figure(tmp_path / name, chart())

    assert (tmp_path / "first.png").read_bytes() == (tmp_path / "again.png").read_bytes()


@pytest.mark.parametrize("title", ["鳥", "🐔 and 馬", "vögel, ärä"])
def test_letters_that_the_font_does_not_have_are_no_matter(tmp_path: Path, title: str) -> None:
    save_figure(tmp_path / "figure.png", chart(title))

    assert (tmp_path / "figure.png").is_file()


def test_unknown_format_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not supported"):
        save_figure(tmp_path / "figure.xyz", chart())

    assert list(tmp_path.iterdir()) == []


def test_failure_keeps_the_old_file_and_leaves_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object, file: Path, **__: object) -> None:
        Path(file).write_bytes(b"half")
        raise OSError("No space left on device")

    path = tmp_path / "old.png"
    path.write_bytes(b"old")
    monkeypatch.setattr(Figure, "savefig", full)

    with pytest.raises(OSError, match="No space left"):
        save_figure(path, chart())

    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
