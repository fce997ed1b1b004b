from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pandas as pd
import pytest
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem
from fsspec.registry import known_implementations

from colorizer.common.errors import UserError
from colorizer.common.extras import how_to_install
from colorizer.common.files import sha256_of
from colorizer.data.manifest import read_manifest, write_manifest
from colorizer.prepare.storage import open_workspace
from tests.data_helpers import save_photographs, tree

COUNT = 6


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    save_photographs(folder, COUNT)
    write_manifest(folder)
    return folder


@pytest.fixture
def manifest(raw: Path) -> pd.DataFrame:
    return read_manifest(raw)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "target"
    folder.mkdir()
    return folder


@pytest.fixture
def memory() -> Iterator[str]:
    """The URL of a folder in a store that is empty before and after."""
    files = fsspec.filesystem("memory")
    files.store.clear()
    files.pseudo_dirs[:] = [""]
    yield "memory://store"
    files.store.clear()
    files.pseudo_dirs[:] = [""]


@pytest.fixture(params=["folder", "file", "memory"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Each kind of place that is not below the target in turn."""
    if request.param == "memory":
        memory: str = request.getfixturevalue("memory")
        return memory
    return str(tmp_path / "store") if request.param == "folder" else f"file://{tmp_path}/store"


def content_of(url: str) -> dict[str, bytes]:
    """Return what is in a place, by its path below."""
    files, root = fsspec.core.url_to_fs(url)
    return {name.removeprefix(f"{root}/"): files.cat_file(name) for name in files.find(root)}


def photographs_of(raw: Path) -> dict[str, bytes]:
    """Return what a workspace keeps of a fetched folder."""
    return {f"photographs/{sha256_of(file)}": file.read_bytes() for file in raw.rglob("*.jpg")}


def read(url: str) -> bytes:
    with fsspec.open(url, "rb") as file:
        content: bytes = file.read()
    return content


def write(url: str, content: bytes) -> None:
    with fsspec.open(url, "wb") as file:
        file.write(content)


def use(url: str, raw: Path, manifest: pd.DataFrame, target: Path) -> None:
    """Write a part and a shard, as workers do, and fetch the shard."""
    with open_workspace(url, raw, manifest, target) as workspace:
        write(workspace.part(3) + "-x.rgb", b"part")
        write(workspace.shard("train-00000.npy"), b"shard")
        workspace.fetch(workspace.shard("train-00000.npy"), target / "train-00000.npy")


@pytest.mark.parametrize("start", [0, 4])
def test_photographs_are_where_it_says(
    raw: Path, manifest: pd.DataFrame, target: Path, url: str, start: int
) -> None:
    for place in ("", url):
        with open_workspace(place, raw, manifest, target) as workspace:
            contents = [read(photograph) for photograph in workspace.photographs(start, 3)]

        paths = manifest["path"][start : start + 3]
        assert contents == [(raw / path).read_bytes() for path in paths]


def test_nothing_stays_on_this_disk_but_the_shard(
    raw: Path, manifest: pd.DataFrame, target: Path
) -> None:
    before = tree(raw)

    use("", raw, manifest, target)

    assert tree(target) == {"train-00000.npy": b"shard"}
    assert len(list(target.iterdir())) == 1
    assert tree(raw) == before


def test_nothing_stays_elsewhere_but_photographs(
    raw: Path, manifest: pd.DataFrame, target: Path, url: str
) -> None:
    use(url, raw, manifest, target)

    assert tree(target) == {"train-00000.npy": b"shard"}
    assert content_of(url) == photographs_of(raw)
    assert folders_of(url) == {"photographs"}


def folders_of(url: str) -> set[str]:
    files, root = fsspec.core.url_to_fs(url)
    return {Path(name).name for name in files.ls(root, detail=False)}


def test_nothing_stays_elsewhere_but_photographs_after_a_failure(
    raw: Path, manifest: pd.DataFrame, target: Path, url: str
) -> None:
    def fail() -> None:
        with open_workspace(url, raw, manifest, target) as workspace:
            write(workspace.part(0), b"part")
            raise RuntimeError("failed")

    with pytest.raises(RuntimeError, match="failed"):
        fail()

    assert folders_of(url) == {"photographs"}
    assert content_of(url) == photographs_of(raw)


def test_nothing_but_whole_photographs_stays_after_a_failed_upload(
    raw: Path, manifest: pd.DataFrame, target: Path, url: str
) -> None:
    (raw / manifest["path"][COUNT - 1]).unlink()

    with (
        pytest.raises(UserError, match=r"/raw/towns/5\.jpg is missing; run: dvc repro -f fetch"),
        open_workspace(url, raw, manifest, target),
    ):
        pass

    assert folders_of(url) == {"photographs"}
    assert content_of(url).items() <= photographs_of(raw).items()


def test_second_run_uploads_only_what_is_new(
    raw: Path, manifest: pd.DataFrame, target: Path, url: str
) -> None:
    use(url, raw, manifest, target)
    for file in raw.rglob("*.jpg"):
        file.unlink()  # whoever uploads them again will miss them
    new = raw / "hills" / "new.jpg"
    new.write_bytes(b"another photograph")
    added = pd.DataFrame({"path": ["hills/new.jpg"], "bytes": [18], "sha256": [sha256_of(new)]})

    use(url, raw, pd.concat([manifest, added], ignore_index=True), target)

    expected = [*manifest["sha256"], sha256_of(new)]
    assert content_of(url).keys() == {f"photographs/{sha256}" for sha256 in expected}


def test_copies_are_uploaded_once(raw: Path, target: Path, url: str) -> None:
    shutil.copyfile(raw / "hills/0.jpg", raw / "towns/copy.jpg")
    write_manifest(raw)
    manifest = read_manifest(raw)

    with open_workspace(url, raw, manifest, target) as workspace:
        contents = [read(photograph) for photograph in workspace.photographs(0, 99)]

    assert contents == [(raw / path).read_bytes() for path in manifest["path"]]
    assert len(content_of(url)) == COUNT


def test_photograph_that_is_there_in_part_is_uploaded_again(
    raw: Path, manifest: pd.DataFrame, target: Path, url: str
) -> None:
    use(url, raw, manifest, target)
    for sha256 in manifest["sha256"][:2]:
        whole = read(f"{url}/photographs/{sha256}")
        write(f"{url}/photographs/{sha256}", whole[: len(whole) // 2])

    use(url, raw, manifest, target)

    assert content_of(url) == photographs_of(raw)


def test_photograph_is_never_there_in_part_on_a_disk(
    raw: Path,
    manifest: pd.DataFrame,
    target: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = tmp_path / "store"

    def half(_: object, source: str, copy: str, **options: object) -> None:
        content = Path(source).read_bytes()
        Path(copy).write_bytes(content[: len(content) // 2])
        seen.extend((store / "photographs").iterdir())
        raise KeyboardInterrupt

    seen: list[Path] = []
    monkeypatch.setattr(LocalFileSystem, "put_file", half)

    with pytest.raises(KeyboardInterrupt), open_workspace(str(store), raw, manifest, target):
        pass

    assert seen == []
    assert [path.name for path in store.iterdir()] == ["photographs"]
    assert tree(store) == {}


def test_two_runs_do_not_meet(
    raw: Path, manifest: pd.DataFrame, target: Path, url: str, tmp_path: Path
) -> None:
    with open_workspace(url, raw, manifest, target) as one:
        write(one.shard("a.npy"), b"one")
        with open_workspace(url, raw, manifest, tmp_path) as other:
            write(other.shard("a.npy"), b"other")
            other.fetch(other.shard("a.npy"), target / "other")
        one.fetch(one.shard("a.npy"), target / "one")

    assert tree(target) == {"one": b"one", "other": b"other"}
    assert folders_of(url) == {"photographs"}


def test_path_may_be_relative(
    raw: Path,
    manifest: pd.DataFrame,
    target: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)

    with open_workspace("store", Path("raw"), manifest, target) as workspace:
        (photograph,) = workspace.photographs(0, 1)

    assert photograph.startswith(f"{tmp_path}/store/photographs/")


def test_unknown_kind_of_place_is_told(raw: Path, manifest: pd.DataFrame, target: Path) -> None:
    with (
        pytest.raises(UserError) as raised,
        open_workspace("s4://bucket/folder", raw, manifest, target),
    ):
        pass

    assert str(raised.value) == (
        "prepare.workspace=s4://bucket/folder cannot be used: Protocol not known: s4; name a "
        "folder, or a URL such as s3://bucket/folder, which needs: " + how_to_install("s3")
    )


def test_missing_package_is_told(
    raw: Path, manifest: pd.DataFrame, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = {"class": "package_that_is_missing.Files", "err": "Install s3fs to access S3"}
    monkeypatch.setitem(known_implementations, "s4", missing)

    with (
        pytest.raises(UserError, match="cannot be used: Install s3fs to access S3; name a "),
        open_workspace("s4://bucket/folder", raw, manifest, target),
    ):
        pass


def test_place_that_cannot_be_written_to_is_told(
    raw: Path, manifest: pd.DataFrame, target: Path, tmp_path: Path
) -> None:
    store = tmp_path / "file" / "store"
    store.parent.write_bytes(b"no folder")

    with pytest.raises(UserError) as raised, open_workspace(str(store), raw, manifest, target):
        pass

    message = str(raised.value)
    assert message.startswith(f"prepare.workspace={store} cannot be written to: [Errno 20] Not a ")
    assert message.endswith(
        "check the address, the space left, and the rights and keys of this machine"
    )


def test_shard_that_cannot_be_read_back_is_told(
    raw: Path, manifest: pd.DataFrame, target: Path, memory: str
) -> None:
    with (
        pytest.raises(UserError, match=rf"{memory}/run-\w+/shards/a\.npy cannot be read back: "),
        open_workspace(memory, raw, manifest, target) as workspace,
    ):
        workspace.fetch(workspace.shard("a.npy"), target / "a.npy")


def test_full_disk_here_is_not_blamed_on_the_store(
    raw: Path,
    manifest: pd.DataFrame,
    target: Path,
    memory: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(MemoryFileSystem, "get_file", full)

    with (
        pytest.raises(OSError, match="No space left"),
        open_workspace(memory, raw, manifest, target) as workspace,
    ):
        workspace.fetch(workspace.shard("a.npy"), target / "a.npy")
