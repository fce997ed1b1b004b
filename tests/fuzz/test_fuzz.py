"""Hostile images and archives: no crash, no hang, nothing written elsewhere, bounded memory.

``FUZZ_EXAMPLES=100000 pytest tests/fuzz`` tries more files than the few that fit into a CI run.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, note, settings

from tests.fuzz.mutations import damaged
from tests.fuzz.sandbox import Sandbox
from tests.fuzz.seeds import LONG, archive_seeds, image_seeds
from tests.fuzz.worker import LIMITS
from tests.memory_helpers import needs_linux

pytestmark = needs_linux
SEEDS = {"image": image_seeds(), "archive": archive_seeds()}
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "400"))


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("fuzz")) as sandbox:
        for kind, seeds in SEEDS.items():
            sandbox.warm_up(kind, [seed.pack(seed.content) for seed in seeds.values()])
        yield sandbox


@pytest.mark.parametrize("name", SEEDS["image"])
def test_sound_image_is_decoded(sandbox: Sandbox, name: str) -> None:
    content = SEEDS["image"][name].content

    assert sandbox.handle("image", content).outcome == "decoded (16, 16, 3) uint8"


@pytest.mark.parametrize("name", SEEDS["archive"])
def test_sound_archive_is_unpacked(sandbox: Sandbox, name: str) -> None:
    seed = SEEDS["archive"][name]
    handled = sandbox.handle("archive", seed.pack(seed.content))

    if name == "zip-bzip2":
        assert handled.outcome.startswith("UserError: archive ARCHIVE cannot be extracted")
        assert handled.written == {}
    else:
        assert handled.outcome == "extracted 3"
        assert sorted(handled.written) == ["B.PNG", LONG, "hills/a.jpg"]


@pytest.mark.parametrize("kind", SEEDS)
def test_damaged_files_do_no_harm(sandbox: Sandbox, kind: str) -> None:
    @settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
    @given(damaged(SEEDS[kind]))
    def check(content: bytes) -> None:
        note(f"the file begins, in hexadecimal: {content[:2000].hex()}")
        handled = sandbox.handle(kind, content)
        assert sum(handled.written.values()) <= LIMITS.max_unpacked_bytes

    check()
