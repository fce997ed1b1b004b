from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest
import torch

from colorizer.training.training_state import RecoveryError, State, pack, unpack

FINGERPRINT = "ab" * 32
STATE = State(
    epoch=7,
    tensors={
        "weight": torch.arange(24, dtype=torch.float32).reshape(2, 3, 2, 2),
        "step": torch.tensor(7.0),
        "count": torch.tensor([2**40], dtype=torch.int64),
        "none": torch.zeros(0, 3),
    },
    record={"rows": [[1, 0.1, 1 / 3, 1e-300]], "best_epoch": 1},
)


def same(first: State, second: State) -> bool:
    return (
        (first.epoch, first.record) == (second.epoch, second.record)
        and first.tensors.keys() == second.tensors.keys()
        and all(
            value.dtype == second.tensors[name].dtype and torch.equal(value, second.tensors[name])
            for name, value in first.tensors.items()
        )
    )


@pytest.fixture
def content() -> bytes:
    return pack(STATE, FINGERPRINT)


def test_comes_back_to_the_last_bit(content: bytes) -> None:
    assert same(unpack(content, FINGERPRINT), STATE)


def test_tensors_that_lie_channels_last_come_back(content: bytes) -> None:
    weight = STATE.tensors["weight"].contiguous(memory_format=torch.channels_last)
    lying = replace(STATE, tensors={**STATE.tensors, "weight": weight})
    assert same(unpack(pack(lying, FINGERPRINT), FINGERPRINT), STATE)


def test_of_another_training_is_refused(content: bytes) -> None:
    with pytest.raises(RecoveryError, match=r"^it belongs to another training run$"):
        unpack(content, "cd" * 32)


def test_of_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("colorizer.training.training_state.VERSION", 0)
    content = pack(STATE, FINGERPRINT)
    monkeypatch.undo()
    with pytest.raises(RecoveryError, match=r"^it has version 0; this code reads version 2$"):
        unpack(content, FINGERPRINT)


@pytest.mark.parametrize("seed", range(40))
def test_truncated_is_refused(content: bytes, seed: int) -> None:
    length = random.Random(seed).randrange(len(content))  # noqa: S311
    with pytest.raises(RecoveryError):
        unpack(content[:length], FINGERPRINT)


def test_a_flipped_bit_anywhere_is_noticed_or_changes_nothing(content: bytes) -> None:
    noticed = 0
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 1 << place % 8
        try:
            assert same(unpack(bytes(damaged), FINGERPRINT), STATE), place
        except RecoveryError:
            noticed += 1
    # What goes unnoticed is white space at most, which fills up the header.
    assert len(content) - noticed < 8


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00", b"hello, world", b"\xff" * 64, b"\x80\x04N.", bytes(1000), b"[" * 100_000],
    ids=["empty", "one byte", "text", "ones", "pickle", "zeros", "brackets"],
)
def test_no_state_at_all_is_refused(content: bytes) -> None:
    with pytest.raises(RecoveryError, match=r"^it is truncated or not a recovery state"):
        unpack(content, FINGERPRINT)


def test_nested_too_deeply_is_refused() -> None:
    header = b'{"__metadata__":' + b"[" * 100_000
    with pytest.raises(RecoveryError):
        unpack(len(header).to_bytes(8, "little") + header, FINGERPRINT)


def test_numbers_that_json_has_not_are_never_written() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        pack(replace(STATE, record={"loss": float("nan")}), FINGERPRINT)


def test_is_plain_safetensors_for_other_readers(content: bytes) -> None:
    length = int.from_bytes(content[:8], "little")
    metadata = json.loads(content[8 : 8 + length])["__metadata__"]
    assert set(metadata) == {"colorizer_recovery", "sha256"}
    assert len(metadata["sha256"]) == 64
