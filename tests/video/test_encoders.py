from __future__ import annotations

from pathlib import Path

import pytest

from colorizer.common.errors import UserError
from colorizer.video.encoders import H264, HEVC, VP9, Encoder, encoder_of


@pytest.mark.parametrize(
    ("name", "bits", "encoder"),
    [
        ("a.mp4", 8, H264),
        ("a.MOV", 8, H264),
        ("a.mkv", 10, HEVC),
        ("a.webm", 8, VP9),
        ("a.webm", 10, VP9),
    ],
)
def test_encoder_is_that_of_the_container(name: str, bits: int, encoder: Encoder) -> None:
    assert encoder_of(Path(name), bits) is encoder


@pytest.mark.parametrize("name", ["a.avi", "a"])
def test_other_containers_are_refused(name: str) -> None:
    with pytest.raises(
        UserError, match=r"clips are written as \.mp4, \.m4v, \.mov, \.mkv, \.webm"
    ):
        encoder_of(Path(name), 8)
