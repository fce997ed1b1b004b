from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from colorizer.cli import photo
from colorizer.cli.main import main
from colorizer.common.extras import how_to_install
from colorizer.common.files import whole_file
from colorizer.common.interrupts import SIGNALS
from colorizer.networks.checkpoint import save_checkpoint
from colorizer.networks.registry import build
from colorizer.photo.project import KIND, VERSIONS
from tests.data_helpers import tree
from tests.network_helpers import repeatable, vividness_of
from tests.photo.test_contact_sheet import Page
from tests.photo_helpers import greys, lab_of, opened, sepia
from tests.test_stage_errors import set_params

CHECKPOINT = Path("data/checkpoints/model.safetensors")
NETWORK = f"network: {CHECKPOINT}\n"


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave torch and signals as they were."""
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    with repeatable(0):
        yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a checkpoint, a photograph, and an album of three, of which one is none."""
    monkeypatch.chdir(tmp_path)
    save(CHECKPOINT)
    greys(64, 48).save("old.jpg")
    (tmp_path / "album" / "sub").mkdir(parents=True)
    greys(64, 48).save("album/a.png")
    sepia(greys(48, 64)).save("album/sub/b.tif")
    (tmp_path / "album" / "broken.jpg").write_bytes(b"no photograph")
    return tmp_path


def save(checkpoint: Path, saturation: float = 1.0) -> None:
    """Save a network that has learnt nothing, but paints."""
    torch.manual_seed(0)
    weights = build("simple_ae").state_dict()
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    save_checkpoint(checkpoint, "simple_ae", 32, weights, vividness_of(saturation))


def save_unet(doubt: float) -> None:
    """Save the default network, untaught; ``doubt`` is what it weighs against hints."""
    torch.manual_seed(0)
    weights = build("unet").state_dict()
    torch.nn.init.constant_(weights["to_ab.bias"], 0.1)
    torch.nn.init.constant_(weights["hint_head.doubt.bias"], doubt)
    save_checkpoint(CHECKPOINT, "unet", 32, weights, vividness_of())


def run(*words: str) -> None:
    named = () if "--checkpoint" in words else ("--checkpoint", str(CHECKPOINT))
    main(["photo", *words, *named])


def status_of(*words: str) -> object:
    with pytest.raises(SystemExit) as ended:
        run(*words)
    return ended.value.code


def pixels(name: str) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.asarray(opened(Path(name))).astype(int)


def chroma(name: str) -> float:
    return float(np.hypot(*lab_of(opened(Path(name)))[1:]).mean())


def test_one_photograph_is_written_beside_itself(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tree(project)

    run("old.jpg")

    assert capsys.readouterr() == ("old_color.jpg\n", NETWORK)
    made = tree(project)
    del made["old_color.jpg"]
    assert made == before
    assert opened(Path("old_color.jpg")).size == (64, 48)
    assert chroma("old_color.jpg") > 1


def test_general_network_colors_where_no_other_is_named(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    set_params(project, predict__saturation=0.0)  # the network is not of this pipeline

    main(["photo", "old.jpg"])

    assert capsys.readouterr() == (
        "old_color.jpg\n",
        "network: general (comes with colorizer)\n",
    )
    assert chroma("old_color.jpg") > 1


def test_albums_keep_their_structure_and_what_fails_is_named(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = status_of("album", "old.jpg", "none.tif", "-o", "out", "--recursive")

    out, err = capsys.readouterr()
    assert set(tree(project / "out")) == {"a_color.png", "sub/b_color.tif", "old_color.jpg"}
    assert out == "3 photographs coloured\n"
    assert "colour: 100%" in err
    assert "album/broken.jpg: it is text; JPEG, PNG, " in err
    assert "none.tif: there is no such file\n" in err
    assert status == "error: 2 of 5 could not be coloured"


def test_failure_of_the_only_one_is_the_error() -> None:
    assert status_of("none.jpg") == "error: none.jpg: there is no such file"
    assert str(status_of("album/broken.jpg")).startswith("error: album/broken.jpg: it is text; ")


def test_nothing_is_overwritten_unasked(capsys: pytest.CaptureFixture[str]) -> None:
    Path("old_color.jpg").write_bytes(b"mine")

    run("old.jpg")
    assert Path("old_color.jpg").read_bytes() == b"mine"
    out, _ = capsys.readouterr()
    assert out == "old_color.jpg is there already; --overwrite replaces what is there\n"

    run("old.jpg", "--overwrite")
    assert opened(Path("old_color.jpg")).size == (64, 48)


def test_sub_folders_that_are_left_out_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    Path("album/broken.jpg").unlink()
    Path("album/more").mkdir(exist_ok=True)

    run("album", "-o", "out")

    out, _ = capsys.readouterr()
    folders = sorted(path for path in Path("album").iterdir() if path.is_dir())
    assert Path("album/more") in folders
    assert f"{', '.join(map(str, folders))}" in out
    assert "; --recursive takes what is in them\n" in out


def test_the_rest_of_an_album_is_colored_by_the_next_run(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("album/broken.jpg").unlink()
    run("album")
    capsys.readouterr()

    run("album", "--recursive")

    out, _ = capsys.readouterr()
    assert out == (
        "album/a_color.png is there already; --overwrite replaces what is there\n"
        "left out: album/a_color.png, which an earlier run wrote\n"
        "1 photograph coloured\n"
    )


def test_file_that_comes_meanwhile_is_not_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    load = photo._load

    def load_slowly(arguments: Any) -> Any:
        Path("old_color.jpg").write_bytes(b"mine")
        return load(arguments)

    monkeypatch.setattr(photo, "_load", load_slowly)

    assert status_of("old.jpg") == "error: old.jpg: old_color.jpg is there by now"
    assert Path("old_color.jpg").read_bytes() == b"mine"


def test_side_by_side_has_a_name_of_its_own() -> None:
    run("old.jpg", "--side-by-side")

    assert not Path("old_color.jpg").exists()
    both = pixels("old_before_after.jpg")
    assert both.shape == (48, 128, 3)
    assert np.ptp(both[:, :60], axis=-1).mean() < 2
    assert np.ptp(both[:, 64:], axis=-1).mean() > 2


@pytest.mark.parametrize(
    ("name", "kind"), [("jpeg", "JPEG"), ("png", "PNG"), ("tiff", "TIFF"), ("webp", "WEBP")]
)
def test_format_is_as_asked(name: str, kind: str) -> None:
    run("album/a.png", "-o", "out", "--format", name)

    (file,) = Path("out").iterdir()
    with Image.open(file) as image:
        assert image.format == kind


def test_output_may_be_a_file() -> None:
    run("old.jpg", "-o", "new/result.png")
    assert opened(Path("new/result.png")).format == "PNG"

    assert status_of("old.jpg", "-o", "new/result.png", "--format", "jpeg") == (
        "error: --format jpeg does not go with --output new/result.png"
    )


def test_quality_counts() -> None:
    for quality in ("40", "95"):
        run("old.jpg", "-o", f"{quality}.jpg", "--quality", quality)
    assert Path("40.jpg").stat().st_size < 0.7 * Path("95.jpg").stat().st_size


def test_saturation_is_that_of_the_option_or_as_calibrated() -> None:
    save(Path("vivid"), 1.5)
    run("album/a.png", "-o", "plain.png")
    run("album/a.png", "-o", "option.png", "--saturation", "1.5")
    run("album/a.png", "-o", "calibrated.png", "--checkpoint", "vivid")
    run("album/a.png", "-o", "grey.png", "--saturation", "0")

    assert chroma("option.png") > 1.2 * chroma("plain.png")
    np.testing.assert_array_equal(pixels("calibrated.png"), pixels("option.png"))
    np.testing.assert_array_equal(pixels("grey.png")[..., 0], pixels("album/a.png"))


def test_network_colours_alike_whatever_folder_it_lies_in(project: Path) -> None:
    run("album/a.png", "-o", "plain.png")
    set_params(project, predict__saturation=1.5)
    run("album/a.png", "-o", "beside.png")
    Path("elsewhere.safetensors").write_bytes(CHECKPOINT.read_bytes())
    run("album/a.png", "-o", "elsewhere.png", "--checkpoint", "elsewhere.safetensors")

    for name in ("beside.png", "elsewhere.png"):
        np.testing.assert_array_equal(pixels(name), pixels("plain.png"))


def test_what_the_network_sees_is_as_asked() -> None:
    for size in (32, 64):
        run("album/a.png", "-o", f"{size}.png", "--size", str(size))
    run("album/a.png", "-o", "default.png")

    assert (pixels("64.png") != pixels("32.png")).any()
    np.testing.assert_array_equal(pixels("default.png"), pixels("32.png"))


def test_what_cannot_be_kept_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    Image.fromarray(np.asarray(greys()).astype(np.uint16) * 257).save("wide.png")

    run("wide.png")

    assert capsys.readouterr() == (
        "wide_color.png\n",
        f"{NETWORK}note: wide.png: 16 bits become 8; --format tiff keeps them\n",
    )


class TestHints:
    BRICK = "#c8553d"
    AB = (44.3, 36.5)
    GREY = 119  # L is 50, as of the hints' colours

    def test_pixels_have_the_chosen_colors(self, capsys: pytest.CaptureFixture[str]) -> None:
        save_unet(doubt=-20)
        Image.new("L", (96, 64), self.GREY).save("flat.png")

        run("flat.png", "--hint", f"10,50,{self.BRICK}", "--hint", "85,10,3c78c8")

        assert capsys.readouterr() == ("flat_color.png\n", NETWORK)
        lab = lab_of(opened(Path("flat_color.png")))
        assert lab[1:, 50, 10] == pytest.approx(self.AB, abs=3)
        assert lab[1:, 10, 85] == pytest.approx((7.1, -47.3), abs=3)
        assert lab[0] == pytest.approx(lab_of(opened(Path("flat.png")))[0], abs=0.3)

    def test_without_saturation_all_is_grey_but_what_lies_near(self) -> None:
        save_unet(doubt=-12)
        Image.new("L", (384, 64), self.GREY).save("flat.png")

        for saturation in ("0", "2"):
            words = ("--saturation", saturation, "--hint", f"20,30,{self.BRICK}")
            run("flat.png", "-o", f"{saturation}.png", *words)

        without, double = (lab_of(opened(Path(f"{name}.png")))[1:] for name in "02")
        assert np.hypot(*without[:, :, 320:]).max() < 1
        assert np.hypot(*double[:, :, 320:]).min() > 20
        for ab in (without, double):
            assert ab[:, 30, 20] == pytest.approx(self.AB, abs=2)

    def test_may_count_only_near_their_place(self) -> None:
        save_unet(doubt=-20)
        Image.new("L", (96, 64), self.GREY).save("flat.png")

        run("flat.png", "--hint", f"10,30,{self.BRICK},24")
        run("flat.png", "-o", "plain.png")

        lab, plain = (lab_of(opened(Path(name)))[1:] for name in ("flat_color.png", "plain.png"))
        assert lab[:, 30, 10] == pytest.approx(self.AB, abs=6)
        assert np.abs(lab[:, :, 60:] - plain[:, :, 60:]).max() < 3

    @pytest.mark.parametrize("words", [["old.jpg", "album/a.png"], ["album"], ["old.jpg", "no"]])
    def test_are_for_one_photograph(self, project: Path, words: list[str]) -> None:
        before = tree(project)
        assert status_of(*words, "--hint", f"1,1,{self.BRICK}") == (
            "error: --hint is for one photograph, and 2 are given"
        )
        assert tree(project) == before

    def test_outside_of_the_photograph_are_refused(self, project: Path) -> None:
        save_unet(doubt=-3)
        before = tree(project)
        for pixel in ("64,0", "0,48"):
            assert status_of("old.jpg", "--hint", f"{pixel},{self.BRICK}") == (
                f"error: old.jpg: the hint at {pixel} lies outside: the upright photograph is "
                "64 x 48 pixels, and the first is 0,0"
            )
        assert tree(project) == before

    def test_are_nothing_for_other_networks(self, project: Path) -> None:
        before = tree(project)
        assert status_of("old.jpg", "--hint", f"1,1,{self.BRICK}") == (
            "error: the network SimpleAE takes no colour hints; unet does"
        )
        assert tree(project) == before

    @pytest.mark.parametrize(
        ("word", "error"),
        [
            (
                "1,1",
                "must be X,Y,#RRGGBB, such as 120,80,#c8553d, or X,Y,#RRGGBB,REACH, such as "
                "120,80,#c8553d,40, got '1,1'",
            ),
            ("x,1,#c8553d", "X must be a whole number of pixels from 0, got 'x'"),
        ],
    )
    def test_written_otherwise_end_with_status_2(
        self, word: str, error: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert status_of("old.jpg", "--hint", word) == 2
        assert capsys.readouterr().err.startswith(f"error: argument --hint: {error}; colorizer ")


class TestReport:
    def test_shows_an_album_before_and_after(
        self, project: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        status = status_of("album", "old.jpg", "none.tif", "-o", "out", "-r", "--report")

        out, _ = capsys.readouterr()
        assert out == f"3 photographs coloured\nreport: {Path('out/report.html')}\n"
        assert status == "error: 2 of 5 could not be coloured"
        page = Page(Path("out/report.html"))
        pairs = [("album/a.png", "a_color.png"), ("album/sub/b.tif", "sub/b_color.tif")]
        pairs.insert(0, ("old.jpg", "old_color.jpg"))
        files = [(project / source, project / "out" / target) for source, target in pairs]
        assert page.linked() == [file for both in files for file in both]
        assert all(file.is_file() for file in page.linked())
        assert [picture.size for picture in page.pictures] == 4 * [(64, 48)] + 2 * [(48, 64)]
        assert f"5 photographs · network: {CHECKPOINT} · 2 not coloured" in page.text
        for words in ("broken.jpg", "it is text; ", "none.tif", "there is no such file"):
            assert words in page.text

    def test_is_the_same_whenever_it_is_made(self, project: Path) -> None:
        words = ("album/a.png", "old.jpg", "--report")
        run(*words)
        first = Path("report.html").read_bytes()

        run(*words, "--overwrite")

        assert Path("report.html").read_bytes() == first

    def test_shows_what_is_there_already_without_a_network(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run("old.jpg", "album/a.png")
        monkeypatch.setattr(photo, "_load", None)
        capsys.readouterr()

        run("old.jpg", "album/a.png", "--report")

        out, _ = capsys.readouterr()
        assert out.endswith("replaces what is there\nreport: report.html\n")
        page = Page(Path("report.html"))
        assert len(page.pictures) == 4
        assert "2 photographs · 2 there already\n" in page.text

    def test_says_what_cannot_be_kept(self) -> None:
        Image.fromarray(np.asarray(greys()).astype(np.uint16) * 257).save("wide.png")

        run("wide.png", "-o", "new/result.png", "--report")

        page = Page(Path("new/report.html"))
        assert "16 bits become 8; --format tiff keeps them" in page.text
        assert page.links == ["../wide.png", "result.png"]

    def test_shows_side_by_side_as_it_is(self) -> None:
        run("old.jpg", "--side-by-side", "--report")

        page = Page(Path("report.html"))
        assert [picture.size for picture in page.pictures] == [(128, 48)]

    def test_replaces_no_other_page_and_nothing_is_colored_then(self, project: Path) -> None:
        Path("report.html").write_text("mine")
        before = tree(project)

        assert status_of("old.jpg", "--report") == (
            "error: report.html is there already, and no report of colorizer's; --overwrite "
            "replaces it"
        )
        assert tree(project) == before

    def test_of_nothing_is_not_written(self, project: Path) -> None:
        before = tree(project)
        assert status_of("none.jpg", "-o", "out", "--report") == (
            "error: none.jpg: there is no such file"
        )
        assert tree(project) == before

    def test_is_not_written_after_an_interrupt(
        self, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = tree(project)

        def interrupted(*_: Any, **__: Any) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("colorizer.photo.colorist.write_photo", interrupted)

        assert status_of("old.jpg", "--report") == 130
        assert tree(project) == before


@pytest.mark.parametrize("number", SIGNALS)
def test_interrupt_leaves_no_half_written_file(
    project: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    before = tree(project)

    def interrupted(image: Image.Image, file: Path, *_: Any, **__: Any) -> None:
        Path(file).write_bytes(b"half")
        os.kill(os.getpid(), number)

    monkeypatch.setattr(Image.Image, "save", interrupted)

    assert status_of("old.jpg", "album/a.png") == 130
    assert tree(project) == before


def test_full_disk_ends_the_run(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tree(project)

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)

    status = status_of("old.jpg", "album/a.png")
    assert str(status).startswith("error: no space left on the disk that holds old_color.jpg; ")
    assert tree(project) == before


def test_one_file_is_for_one_photograph(project: Path) -> None:
    before = tree(project)
    assert status_of("album", "old.jpg", "--output", "one.jpg") == (
        "error: --output one.jpg is one file, and 3 photographs are given; name a folder"
    )
    assert tree(project) == before


def test_place_that_cannot_be_written_to_is_named_and_the_rest_is_done(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(path: Path) -> Any:
        if path.parent == Path("album"):
            raise PermissionError(13, "Permission denied", "album")
        return whole_file(path)

    monkeypatch.setattr("colorizer.photo.write.whole_file", refusing)

    assert status_of("album/a.png", "old.jpg") == "error: 1 of 2 could not be coloured"
    assert "album/a.png: no right to read or write album\n" in capsys.readouterr().err
    assert Path("old_color.jpg").exists()


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (
            ["--checkpoint", "none"],
            "checkpoint none not found; name a file that is there, or leave --checkpoint out to "
            "use the general network",
        ),
        (["--checkpoint", "old.jpg"], "old.jpg is not a checkpoint of this project: "),
        (["--device", "gpu"], "device 'gpu' cannot be used: "),
        (["--saturation", "-1"], "the saturation must be a number from 0 to 10, got -1"),
        (["--saturation", "nan"], "the saturation must be a number from 0 to 10, got nan"),
    ],
)
def test_mistakes_are_told(words: list[str], error: str) -> None:
    assert str(status_of("old.jpg", *words)).startswith(f"error: {error}")


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["old.jpg", "--quality", "0"],
        ["old.jpg", "--quality", "x"],
        ["old.jpg", "--size", "5000"],
        ["old.jpg", "--format", "gif"],
    ],
)
def test_wrong_call_ends_with_status_2(words: list[str]) -> None:
    assert status_of(*words) == 2


def test_heic_without_its_plug_in_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photo, "has_heif", lambda: False)

    for words in (["--format", "heic"], ["-o", "a.heic"]):
        assert status_of("old.jpg", *words) == (
            f"error: HEIC needs a plug-in: {how_to_install('heic')}"
        )


class TestProject:
    DOTS = ({"x": 10.5 / 64, "y": 30.5 / 48, "color": "#a8482f"},)

    @pytest.fixture(autouse=True)
    def network(self) -> None:
        save_unet(doubt=-6)

    def write(self, name: str, strength: float, dots: tuple[dict[str, Any], ...] = DOTS) -> None:
        changed = {"name": name, "dots": dots, "strength": strength}
        content = {"kind": KIND, "version": VERSIONS[-1], "photographs": [changed]}
        Path("project.json").write_text(json.dumps(content), encoding="utf-8")

    def test_gives_its_photographs_the_colors_and_strength_of_the_page(self) -> None:
        self.write("old.jpg", 0.5)
        run("old.jpg", "--project", "project.json", "--format", "png")

        words = ("--hint", "10,30,#a8482f", "--saturation", "0.5", "-o", "expected.png")
        run("old.jpg", *words)
        found, expected = (np.asarray(opened(Path(n))) for n in ("old_color.png", "expected.png"))
        np.testing.assert_array_equal(found, expected)

    def test_leaves_other_photographs_as_they_are(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.write("a.png", 0)
        greys(64, 48).save("album/b.png")
        Path("album/broken.jpg").unlink()

        run("album", "--project", "project.json")

        first, second = (lab_of(opened(Path(f"album/{name}_color.png"))) for name in "ab")
        assert np.abs(second[1:]).mean() > np.abs(first[1:]).mean() + 1
        assert "2 photographs coloured" in capsys.readouterr().out

    def test_of_other_photographs_is_an_error(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.write("new.jpg", 1)

        assert status_of("old.jpg", "--project", "project.json") == (
            "error: none of the photographs given is in project.json, which has new.jpg"
        )
        assert not Path("old_color.jpg").exists()


class TestVariants:
    """``--variants``."""

    def test_are_written_side_by_side_and_differ(self, capsys: pytest.CaptureFixture[str]) -> None:
        save_unet(doubt=-20)

        run("old.jpg", "--variants", "3", "--format", "png")

        names = ["old_color.png", "old_color_2.png", "old_color_3.png"]
        assert capsys.readouterr().out.split() == names
        first, *others = (lab_of(opened(Path(name))) for name in names)
        for lab in others:
            assert lab[0] == pytest.approx(first[0], abs=0.5)
            assert np.abs(lab[1:] - first[1:]).max() > 5
        run("old.jpg", "-o", "plain.png")
        assert np.array_equal(lab_of(opened(Path("plain.png"))), first)

    def test_are_not_overwritten_unasked(self, capsys: pytest.CaptureFixture[str]) -> None:
        Path("old_color_2.jpg").write_bytes(b"mine")

        run("old.jpg", "--variants", "2")

        assert "old_color_2.jpg is there already" in capsys.readouterr().out
        assert Path("old_color_2.jpg").read_bytes() == b"mine"
        assert not Path("old_color.jpg").exists()

    def test_need_a_network_that_knows(self) -> None:
        assert status_of("old.jpg", "--variants", "2") == (
            "error: the network SimpleAE does not know how likely colours are; unet does"
        )
        assert not Path("old_color.jpg").exists()
