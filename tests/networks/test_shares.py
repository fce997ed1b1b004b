from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from colorizer.networks import shares
from colorizer.networks.registry import build_to_train
from colorizer.networks.shares import MOST, in_shares, share_of, shares_on, this_sharer
from colorizer.networks.sync_layers import SharedBatchNorm2d, SharedChannelDropout
from tests.network_helpers import unet_recipe

CPU = torch.device("cpu")
COUNTS = range(2, MOST + 1)
PATIENCE_S = 60


@pytest.fixture
def new_threads() -> Iterator[None]:
    """Threads as a process that has computed nothing yet makes them."""
    shares._threads.cache_clear()
    yield
    shares._threads.cache_clear()


@pytest.mark.parametrize("count", [1, 2, 3, 8])
@pytest.mark.parametrize("items", [0, 1, 2, 7, 16])
def test_shares_cover_everything_once_and_are_alike(count: int, items: int) -> None:
    found = [range(items)[share_of(items, rank, count)] for rank in range(count)]
    assert [item for share in found for item in share] == list(range(items))
    assert max(map(len, found)) - min(map(len, found)) <= 1


class TestNumber:
    @pytest.mark.parametrize(("cores", "expected"), [(1, 2), (2, 2), (3, 3), (4, 4), (64, 4)])
    def test_follows_the_cores(
        self, monkeypatch: pytest.MonkeyPatch, cores: int, expected: int
    ) -> None:
        monkeypatch.setattr(shares, "usable_cores", lambda: cores)
        assert shares_on(CPU) == expected

    def test_is_one_on_a_gpu(self) -> None:
        assert shares_on(torch.device("cuda")) == 1

    def test_is_one_within_a_share(self) -> None:
        assert in_shares(lambda _: shares_on(CPU), 2, 2) == [1, 1]
        assert shares_on(CPU) > 1


class TestThreads:
    @pytest.mark.parametrize("count", COUNTS)
    def test_results_are_in_order(self, count: int) -> None:
        found = in_shares(lambda share: list(range(10))[share], 10, count)
        assert len(found) == count
        assert [item for share in found for item in share] == list(range(10))

    @pytest.mark.parametrize("items", [0, 1])
    def test_are_not_used_for_a_single_share(self, items: int) -> None:
        here = threading.current_thread()
        assert in_shares(lambda share: (share, threading.current_thread()), items, MOST) == [
            (slice(0, items), here)
        ]

    def test_compute_at_once(self) -> None:
        barrier = threading.Barrier(MOST, timeout=60)
        assert sorted(in_shares(lambda _: barrier.wait(), MOST, MOST)) == list(range(MOST))

    @pytest.mark.parametrize("count", COUNTS)
    def test_exchange_values_again_and_again(self, count: int) -> None:
        def gathered(share: slice) -> list[list[int]]:
            sharer = this_sharer()
            return [
                [int(value) for value in sharer.gather(torch.tensor(100 * turn + share.start))]
                for turn in range(50)
            ]

        expected = [[100 * turn + rank for rank in range(count)] for turn in range(50)]
        assert in_shares(gathered, count, count) == [expected] * count

    def test_draw_the_same_numbers_from_torch_once(self) -> None:
        torch.manual_seed(3)
        drawn = in_shares(lambda _: this_sharer().draw(lambda: torch.rand(5)), MOST, MOST)
        torch.manual_seed(3)
        expected, following = torch.rand(5), torch.rand(1)
        assert all(torch.equal(numbers, expected) for numbers in drawn)
        torch.manual_seed(3)
        in_shares(lambda _: this_sharer().draw(lambda: torch.rand(5)), MOST, MOST)
        assert torch.equal(torch.rand(1), following)

    def test_only_the_first_keeps_the_state(self) -> None:
        assert in_shares(lambda _: this_sharer().keeps, 3, 3) == [True, False, False]
        assert this_sharer().keeps

    def test_do_not_mix_with_those_of_another_batch(self) -> None:
        def sums(number: int) -> list[int]:
            return in_shares(lambda _: _sum_of_all(torch.tensor(number)), MOST, MOST)

        found: dict[int, list[list[int]]] = {}

        def many(number: int) -> None:
            found[number] = [sums(number) for _ in range(30)]

        callers = [threading.Thread(target=many, args=(number,)) for number in (1, 10)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        assert found == {number: [[number * MOST] * MOST] * 30 for number in (1, 10)}

    def test_of_several_teams_compute_at_once_where_there_are_cores_for_all(
        self, monkeypatch: pytest.MonkeyPatch, new_threads: None
    ) -> None:
        monkeypatch.setattr(shares, "usable_cores", lambda: 3 * MOST)
        everybody = threading.Barrier(3 * MOST, timeout=PATIENCE_S)

        def team() -> None:
            in_shares(lambda _: everybody.wait(), MOST, MOST)

        callers = [threading.Thread(target=team) for _ in range(3)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        assert not everybody.broken


def _threads_of_a_first_convolution() -> int:
    torch.set_num_threads(1)
    features = torch.rand(2, 64, 64, 64).to(memory_format=torch.channels_last)
    weight = torch.rand(64, 64, 3, 3).to(memory_format=torch.channels_last)

    def convolve(share: slice) -> Tensor:
        with torch.inference_mode():
            return nn.functional.conv2d(features[share], weight)

    before = len(list(Path("/proc/self/task").iterdir()))
    in_shares(convolve, 2, 2)
    return len(list(Path("/proc/self/task").iterdir())) - before


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_shares_take_a_core_each_from_their_first_convolution_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "4")  # of a larger machine
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(_threads_of_a_first_convolution).result() == 2


def _sum_of_all(value: Tensor) -> int:
    return sum(int(one) for one in this_sharer().gather(value))


class TestFailure:
    @pytest.mark.parametrize("failing", range(MOST))
    def test_of_one_ends_all_that_wait_for_it(self, failing: int) -> None:
        def compute(share: slice) -> int:
            if share.start == failing:
                raise OSError(f"share {failing}")
            return _sum_of_all(torch.tensor(1))

        with pytest.raises(OSError, match=f"^share {failing}$"):
            in_shares(compute, MOST, MOST)
        assert in_shares(lambda _: _sum_of_all(torch.tensor(1)), MOST, MOST) == [MOST] * MOST
        assert this_sharer().count == 1

    def test_of_the_system_to_start_a_share_ends_those_that_wait_for_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pool = shares._threads().pool
        started: list[Any] = []

        def submit(*of_share: Any) -> Any:
            if started:
                raise RuntimeError("can't start new thread")
            started.append(type(pool).submit(pool, *of_share))
            return started[0]

        monkeypatch.setattr(pool, "submit", submit)
        raised: list[BaseException] = []

        def call() -> None:
            try:
                in_shares(lambda _: _sum_of_all(torch.tensor(1)), 2, 2)
            except RuntimeError as error:
                raised.append(error)

        caller = threading.Thread(target=call, daemon=True)
        caller.start()
        caller.join(PATIENCE_S)
        assert [str(error) for error in raised] == ["can't start new thread"]
        monkeypatch.undo()
        assert in_shares(lambda _: _sum_of_all(torch.tensor(1)), MOST, MOST) == [MOST] * MOST


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_a_process_forked_while_shares_are_computed_gets_threads_of_its_own() -> None:
    def fork_and_compute(share: slice) -> int:
        child = 0 if share.start else os.fork()
        if child or share.start:
            return child
        shares._here.thread = None
        found = in_shares(lambda _: _sum_of_all(torch.tensor(1)), 2, 2)
        os._exit(0 if found == [2, 2] else 1)

    child, _ = in_shares(fork_and_compute, 2, 2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


class TestLayers:
    """In threads, layers compute what they do for a whole batch."""

    def run(
        self, layer: nn.Module, count: int, compute: Callable[[Tensor], Tensor]
    ) -> list[Tensor]:
        generator = torch.Generator().manual_seed(3)
        features = 5 + 2 * torch.randn(7, 4, 5, 6, generator=generator)
        weights = torch.arange(features.numel()).view_as(features).sin()

        def in_share(share: slice) -> tuple[Tensor, ...]:
            own = features[share].clone().requires_grad_()
            out = compute(own)
            loss = (out.square() * weights[share]).sum()
            return out.detach(), *torch.autograd.grad(loss, [own, *layer.parameters()])

        torch.manual_seed(1)
        outs, grads, *others = zip(*in_shares(in_share, len(features), count), strict=True)
        summed = [torch.stack(other).sum(0) for other in others]
        return [torch.cat(outs), torch.cat(grads), *summed, *layer.buffers()]

    @pytest.mark.parametrize("count", COUNTS)
    def test_normalization(self, count: int) -> None:
        results = []
        for shared in (count, 1):
            layer = SharedBatchNorm2d(4)
            with torch.no_grad():
                layer.weight.copy_(torch.tensor([0.5, 1, 2, 3]))
                layer.bias.copy_(torch.tensor([0.0, 1, -1, 2]))
            results.append(self.run(layer, shared, layer))
        torch.testing.assert_close(*results)

    @pytest.mark.parametrize("count", COUNTS)
    def test_normalization_of_large_means(self, count: int) -> None:
        layer = SharedBatchNorm2d(4)
        found = self.run(layer, count, lambda features: layer(features + 3000))
        again = SharedBatchNorm2d(4)
        expected = self.run(again, 1, lambda features: again(features + 3000))
        torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)

    @pytest.mark.parametrize("count", COUNTS)
    def test_dropout(self, count: int) -> None:
        layer = SharedChannelDropout(0.5)
        found, expected = (self.run(layer, shared, layer) for shared in (count, 1))
        torch.testing.assert_close(found, expected, rtol=0, atol=0)


@pytest.mark.parametrize("count", COUNTS)
def test_a_network_has_the_gradients_of_the_whole_batch(count: int) -> None:
    recipe = unet_recipe(start="imagenet", batch_statistics=True, dropout=0.3)
    torch.manual_seed(0)
    model = build_to_train("unet", recipe).train()
    lightness = 100 * torch.rand(6, 1, 64, 64)
    weights = torch.rand(6, 2, 64, 64)
    heads = ("hint_head", "color_head")
    trained = [p for name, p in model.named_parameters() if not name.startswith(heads)]

    def gradients(share: slice) -> tuple[Tensor, ...]:
        return torch.autograd.grad((model(lightness[share]) * weights[share]).sum(), trained)

    found = []
    for shared in (count, 1):
        torch.manual_seed(1)
        found.append([sum(parts) for parts in zip(*in_shares(gradients, 6, shared), strict=True)])
    for own, whole in zip(*found, strict=True):
        assert (own - whole).norm() <= 1e-3 * whole.norm() + 1e-5
