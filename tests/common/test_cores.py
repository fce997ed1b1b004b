from __future__ import annotations

import os
from pathlib import Path

import pytest

from colorizer.common import cores
from colorizer.common.cores import usable_cores


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Eight cores, and the file of a container's quota, which is not there yet."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(8)), raising=False)
    monkeypatch.setattr(cores, "QUOTA", tmp_path / "cpu.max")
    return tmp_path / "cpu.max"


@pytest.mark.parametrize(
    ("quota", "expected"),
    [
        ("max 100000\n", 8),
        ("200000 100000\n", 2),
        ("150000 100000\n", 2),
        ("10000 100000\n", 1),
        ("1600000 100000\n", 8),
        ("nonsense", 8),
        ("1 0", 8),
        ("", 8),
    ],
)
def test_a_container_may_have_fewer(machine: Path, quota: str, expected: int) -> None:
    machine.write_text(quota)

    assert usable_cores() == expected


def test_a_process_may_have_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    assert usable_cores() == 8

    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {3})
    assert usable_cores() == 1


def test_systems_without_affinity_have_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    for counted, expected in ((6, 6), (None, 1)):
        monkeypatch.setattr(os, "cpu_count", lambda counted=counted: counted)
        assert usable_cores() == expected
