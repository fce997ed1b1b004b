from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from colorizer.networks.hint_tensors import (
    MOST_IN_TRAINING,
    cells_of,
    draw_number,
    draw_places,
    mirror_hints,
    true_hints,
)

HEIGHT, WIDTH = 6, 10


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def random_ab(photographs: int = 2) -> Tensor:
    return 40 * torch.randn(photographs, 2, HEIGHT, WIDTH, generator=generator())


def middle_of(column: int, row: int) -> Tensor:
    """Return the place of a pixel's middle, (1, 1, 2)."""
    return torch.tensor([[[(column + 0.5) / WIDTH, (row + 0.5) / HEIGHT]]])


class TestCells:
    @pytest.mark.parametrize(
        ("x", "y", "cell"),
        [
            pytest.param(0, 0, 0, id="first corner"),
            pytest.param(1, 0, 2, id="end of the first row"),
            pytest.param(0, 1, 3, id="start of the last row"),
            pytest.param(1, 1, 5, id="last corner"),
            (0.33, 0.49, 0),
            (0.34, 0.49, 1),
            (0.33, 0.51, 3),
            (0.34, 0.51, 4),
            (0.66, 0, 1),
            (0.67, 0, 2),
            pytest.param(0, 0.5, 3, id="an edge belongs to the cell below"),
        ],
    )
    def test_are_numbered_row_by_row(self, x: float, y: float, cell: int) -> None:
        cells = cells_of(torch.tensor([[[x, y]]]), height=2, width=3)
        assert cells.tolist() == [[cell]]
        assert cells.dtype == torch.int64

    def test_of_every_cells_middle_are_all(self) -> None:
        places = [middle_of(column, row) for row in range(HEIGHT) for column in range(WIDTH)]
        cells = cells_of(torch.cat(places, dim=1), HEIGHT, WIDTH)
        assert cells.tolist() == [list(range(HEIGHT * WIDTH))]

    def test_of_photographs_are_their_own(self) -> None:
        places = torch.tensor([[[0.1, 0.1], [0.9, 0.9]], [[0.9, 0.1], [0.1, 0.9]]])
        assert cells_of(places, 2, 2).tolist() == [[0, 3], [1, 2]]

    def test_of_no_places_are_none(self) -> None:
        assert cells_of(torch.zeros(3, 0, 2), 2, 2).shape == (3, 0)


class TestTrueHints:
    def test_tell_the_mean_of_the_pixels_around(self) -> None:
        ab, places = random_ab(), draw_places(2, 50, generator())

        hints = true_hints(ab, places)

        assert hints.shape == (2, 50, 4)
        assert torch.equal(hints[..., :2], places)
        for photograph, rows in zip(ab, hints, strict=True):
            for x, y, *color in rows.tolist():
                column, row = int(x * WIDTH), int(y * HEIGHT)
                around = photograph[:, max(0, row - 2) : row + 3, max(0, column - 2) : column + 3]
                assert color == pytest.approx(around.mean(dim=(1, 2)).tolist(), abs=1e-4)

    @pytest.mark.parametrize(
        ("column", "row", "pixels"),
        [(4, 3, 25), (0, 0, 9), (WIDTH - 1, HEIGHT - 1, 9), (0, 3, 15), (4, 1, 20)],
    )
    def test_are_of_what_there_is_at_borders(self, column: int, row: int, pixels: int) -> None:
        ab = torch.zeros(1, 2, HEIGHT, WIDTH)
        ab[:, :, row, column] = 1

        (hint,) = true_hints(ab, middle_of(column, row))[0].tolist()

        assert hint[2:] == pytest.approx([1 / pixels] * 2)

    def test_x_counts_along_the_width_and_y_along_the_height(self) -> None:
        columns, rows = torch.arange(WIDTH).float(), torch.arange(HEIGHT).float()
        ab = torch.stack([columns.expand(HEIGHT, -1), rows[:, None].expand(-1, WIDTH)])[None]

        (hint,) = true_hints(ab, middle_of(7, 2))[0].tolist()

        assert hint[2:] == pytest.approx([7, 2])

    def test_at_no_places_are_none(self) -> None:
        assert true_hints(random_ab(), torch.zeros(2, 0, 2)).shape == (2, 0, 4)

    def test_of_no_photographs_are_none(self) -> None:
        assert true_hints(random_ab(0), torch.zeros(0, 3, 2)).shape == (0, 3, 4)


class TestDraws:
    def test_numbers_are_from_one_to_the_most(self) -> None:
        of_hints = generator()
        numbers = [draw_number(of_hints) for _ in range(3000)]
        assert set(numbers) <= set(range(1, MOST_IN_TRAINING + 1))
        assert min(numbers) == 1
        assert max(numbers) == MOST_IN_TRAINING

    def test_logarithm_of_the_number_is_uniform(self) -> None:
        of_hints = generator()
        numbers = torch.tensor([draw_number(of_hints) for _ in range(3000)])
        for number in (1, 2, 4, 8, 16, 32):
            share = math.log(number + 0.5) / math.log(MOST_IN_TRAINING)
            assert float((numbers <= number).float().mean()) == pytest.approx(share, abs=0.03)

    def test_places_are_uniform(self) -> None:
        places = draw_places(20, 500, generator())
        assert places.shape == (20, 500, 2)
        counts = cells_of(places, 3, 4).flatten().bincount(minlength=12)
        assert (counts / counts.sum()).tolist() == pytest.approx([1 / 12] * 12, abs=0.015)

    def test_follow_the_generator(self) -> None:
        first, again, other = (
            (draw_number(of_hints), draw_places(2, 3, of_hints).tolist())
            for of_hints in (generator(1), generator(1), generator(2))
        )
        assert first == again
        assert first != other


class TestMirrored:
    HINTS = torch.tensor([[[0.25, 0.1, 60.0, -20.0], [1.0, 0.9, 5.0, 6.0]]])

    def test_are_as_far_from_the_other_side(self) -> None:
        expected = torch.tensor([[[0.75, 0.1, 60.0, -20.0], [0.0, 0.9, 5.0, 6.0]]])
        assert torch.equal(mirror_hints(self.HINTS), expected)

    def test_twice_are_what_they_were(self) -> None:
        assert torch.equal(mirror_hints(mirror_hints(self.HINTS)), self.HINTS)

    def test_say_what_is_true_of_the_mirror_image(self) -> None:
        ab, places = random_ab(), draw_places(2, 9, generator())
        hints = mirror_hints(true_hints(ab, places))
        torch.testing.assert_close(true_hints(ab.flip(-1), hints[..., :2]), hints)

    def test_of_none_are_none(self) -> None:
        assert mirror_hints(self.HINTS[:, :0]).shape == (1, 0, 4)
