"""``dvc push`` and ``dvc pull``: what a team shares arrives bit by bit, also at a second try."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shlex
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
import yaml

from tests.e2e.conftest import REPOSITORY, Clone
from tests.e2e.s3_server import HOST, ISOLATION, S3Server, dying_proxy, s3_server

# As docs/storage.md gives them.
S3_REMOTE = (
    "dvc remote add -d team s3://bucket/colorizer",
    "dvc remote modify team endpointurl https://s3.example.org",
    "dvc remote modify team verify true",
)
S3_CREDENTIALS = (
    "dvc remote modify --local team access_key_id KEY",
    "dvc remote modify --local team secret_access_key SECRET",
)
FOLDER_REMOTE = (
    "dvc remote add -d team /mnt/team/colorizer",
    "dvc remote modify team verify true",
)
SURVIVING = 20


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    """Give an S3 server with the bucket ``team``."""
    with s3_server("team") as server:
        yield server


@pytest.fixture(autouse=True)
def no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    for name, value in ISOLATION.items():
        monkeypatch.setenv(name, value)
    # The defaults would try for a minute before they give a dead server up.
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


def copy_of(clone: Clone, root: Path) -> Clone:
    """Return a copy of the clone, its outputs and its cache."""
    # What experiments of other tests left in DVC's temporary folder belongs to the other clone.
    leftovers = str(clone.root / ".dvc")
    shutil.copytree(clone.root, root, ignore=lambda at, _: {"tmp"} if at == leftovers else set())
    shutil.copyfile(clone.root.parent / "gitconfig", root.parent / "gitconfig")
    return Clone(root)


@pytest.fixture(scope="module")
def pristine(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """Give a copy of the clone with the outputs committed, whatever other tests left there."""
    copy = copy_of(clone, tmp_path_factory.mktemp("pristine") / "clone")
    copy.run("git", "reset", "--quiet", "--hard")
    copy.dvc("checkout", "--force")
    return copy


@pytest.fixture
def user(pristine: Clone, tmp_path: Path) -> Clone:
    """Give a copy of the clone for this test alone."""
    return copy_of(pristine, tmp_path / "user" / "clone")


@pytest.fixture
def bucket_user(user: Clone, server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """Give a copy of the clone whose remote is a folder of its own in the bucket."""
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    user.dvc("remote", "add", "-d", "team", f"{server.url}/{folder_of(user)}")
    user.run("git", "commit", "--quiet", "--all", "--message", "Share with the team")
    return user


def folder_of(user: Clone) -> str:
    """Return the name of a user's folder in the bucket: that of the test."""
    return user.root.parents[1].name


def run_all(clone: Clone, commands: Sequence[str], replacements: Mapping[str, str]) -> None:
    """Run commands of docs/storage.md with a tester's names in place of its examples."""
    for command in commands:
        words = shlex.split(command)
        for old, new in replacements.items():
            words = [word.replace(old, new) for word in words]
        clone.run(*words)


def names_in(folder: Path) -> list[str]:
    """Return the names of what lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


def clone_of(user: Clone) -> Clone:
    """Make what a colleague gets from git: the code and dvc.lock, but no outputs and no cache."""
    colleague = Clone(user.root.parents[1] / "colleague" / "clone")
    user.run("git", "clone", "--quiet", str(user.root), str(colleague.root))
    assert names_in(colleague.root / "data") == ["downloads.json"]
    return colleague


def delete_what_git_does_not_hold(clone: Clone) -> None:
    """Delete outputs and cache, and all else that a clone would not bring."""
    clone.run("git", "clean", "-ffdxq", "--exclude=.dvc/config.local")
    assert names_in(clone.root / "data") == ["downloads.json"]
    assert not (clone.root / ".dvc" / "cache").exists()


def digests(clone: Clone) -> dict[str, str]:
    """Return the SHA-256 of every file that the pipeline makes."""
    lock = yaml.safe_load(clone.read("dvc.lock"))
    outputs = [
        clone.root / out["path"] for stage in lock["stages"].values() for out in stage["outs"]
    ]
    files = [file for out in outputs for file in (out.rglob("*") if out.is_dir() else [out])]
    return {
        file.relative_to(clone.root).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in files
        if file.is_file()
    }


def assert_breaks(user: Clone, transfer: str) -> None:
    """Transfer through a server that dies, and see the user told with which it failed."""
    result = user.run("dvc", transfer, check=False)
    assert result.returncode != 0
    assert "ERROR" in result.stderr
    assert os.environ["AWS_ENDPOINT_URL"] in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("command", sorted({*S3_REMOTE, *S3_CREDENTIALS, *FOLDER_REMOTE}))
def test_the_page_gives_the_commands_that_are_tested_here(command: str) -> None:
    page = (REPOSITORY / "docs" / "storage.md").read_text(encoding="utf-8")
    assert re.search(rf"^{re.escape(command)}( +#.*)?$", page, re.MULTILINE)


def test_what_is_pushed_to_s3_comes_back_to_its_owner_and_to_a_colleague(
    user: Clone, server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = digests(user)
    names = {"bucket": server.bucket, "https://s3.example.org": server.endpoint}
    secret = secrets.token_hex()
    run_all(user, [*S3_REMOTE, *S3_CREDENTIALS], {**names, "KEY": "someone", "SECRET": secret})
    user.run("git", "add", "--all")
    user.run("git", "commit", "--quiet", "--message", "Share with the team")
    user.dvc("push")

    delete_what_git_does_not_hold(user)
    user.dvc("pull")
    assert user.changed_stages() == []
    assert digests(user) == before

    colleague = clone_of(user)
    assert secret in user.read(".dvc/config.local")
    assert colleague.run("git", "grep", "--fixed-strings", secret, check=False).returncode == 1
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "colleague")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another secret")
    colleague.dvc("pull")
    assert digests(colleague) == before
    assert "Data and pipelines are up to date" in colleague.dvc("repro")


def test_what_is_pushed_to_a_shared_folder_comes_back_to_a_colleague(
    user: Clone, tmp_path: Path
) -> None:
    before = digests(user)
    run_all(user, FOLDER_REMOTE, {"/mnt": str(tmp_path)})
    user.run("git", "commit", "--quiet", "--all", "--message", "Share with the team")
    user.dvc("push")
    colleague = clone_of(user)
    colleague.dvc("pull")
    assert digests(colleague) == before
    assert colleague.changed_stages() == []


def test_what_was_damaged_in_storage_is_refused(user: Clone, tmp_path: Path) -> None:
    run_all(user, FOLDER_REMOTE, {"/mnt": str(tmp_path)})
    user.dvc("push")
    manifest = (user.root / "data" / "raw" / "manifest.csv").read_bytes()
    md5 = hashlib.md5(manifest, usedforsecurity=False).hexdigest()
    stored = tmp_path / "team" / "colorizer" / "files" / "md5" / md5[:2] / md5[2:]
    stored.chmod(0o644)
    stored.write_bytes(manifest.replace(b"jpg", b"jpe", 1))
    delete_what_git_does_not_hold(user)
    result = user.run("dvc", "pull", check=False)
    assert result.returncode != 0
    assert "Checkout failed for following targets:\ndata/raw\n" in result.stderr
    assert not (user.root / "data" / "raw").exists()


def test_a_push_and_a_pull_that_break_half_way_say_so_and_are_completed_by_the_next(
    bucket_user: Clone, server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = digests(bucket_user)
    with dying_proxy(server.port, method="PUT", survives=SURVIVING) as port:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{HOST}:{port}")
        assert_breaks(bucket_user, "push")
    assert len(server.keys(folder_of(bucket_user))) == SURVIVING
    with dying_proxy(server.port, port=port):
        pushed = bucket_user.dvc("push")
    everything = len(server.keys(folder_of(bucket_user)))
    assert everything > SURVIVING
    assert f"{everything - SURVIVING} files pushed" in pushed

    delete_what_git_does_not_hold(bucket_user)
    with dying_proxy(server.port, port=port, method="GET", survives=2 * SURVIVING):
        assert_breaks(bucket_user, "pull")
    cache = bucket_user.root / ".dvc" / "cache" / "files" / "md5"
    arrived = [file for file in cache.rglob("*") if file.is_file()]
    assert 0 < len(arrived) < everything
    # Nothing that came in part may pass for whole: an object's name is its content's MD5.
    for file in arrived:
        md5 = hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()
        assert file.parent.name + file.stem == md5
    with dying_proxy(server.port, port=port):
        pulled = bucket_user.dvc("pull")
    assert f"{everything - len(arrived)} files fetched" in pulled
    assert digests(bucket_user) == before


def test_a_push_fills_a_server_again_that_lost_everything(
    bucket_user: Clone, server: S3Server
) -> None:
    bucket_user.dvc("push")
    everything = server.keys(folder_of(bucket_user))
    server.kill()
    server.start()
    assert server.keys() == []
    bucket_user.dvc("push")
    assert server.keys() == everything != []
