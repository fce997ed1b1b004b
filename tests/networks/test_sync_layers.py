from __future__ import annotations

from itertools import product

import pytest
import torch
from torch import Tensor, distributed, nn
from torch.multiprocessing.spawn import start_processes

from colorizer.common.errors import UserError
from colorizer.networks.shares import in_shares, this_sharer
from colorizer.networks.sync_layers import SharedBatchNorm2d, SharedChannelDropout
from tests.process_helpers import START_METHOD

Results = dict[str, Tensor]

KINDS = ["dropout", "norm"]
SHARES = {"equal": (3, 3), "unequal": (5, 1), "one of nothing": (6, 0)}
BATCH = 6


def features() -> Tensor:
    generator = torch.Generator().manual_seed(3)
    return 5 + 2 * torch.randn(BATCH, 4, 5, 6, generator=generator)


def layer_of(kind: str) -> nn.Module:
    if kind == "dropout":
        return SharedChannelDropout(0.5)
    norm = SharedBatchNorm2d(4)
    with torch.no_grad():
        norm.weight.copy_(torch.tensor([0.5, 1, 2, 3]))
        norm.bias.copy_(torch.tensor([0.0, 1, -1, 2]))
    return norm


def run(layer: nn.Module, share: Tensor, place: slice) -> Results:
    """Return the output for a share, the gradients, and the statistics that were gathered."""
    torch.manual_seed(1)
    share = share.clone().requires_grad_()
    out = layer(share)
    # A loss in which every value counts otherwise, or gradients through the mean would cancel.
    weights = torch.arange(features().numel()).view_as(features()).sin()
    (out.square() * weights[place]).sum().backward()
    assert share.grad is not None
    parameters = {name: p.grad for name, p in layer.named_parameters() if p.grad is not None}
    return {"out": out.detach(), "grad": share.grad, **parameters, **dict(layer.named_buffers())}


def _process(rank: int, folder: str) -> None:
    torch.set_num_threads(1)
    store = f"file://{folder}/store"
    distributed.init_process_group("gloo", init_method=store, rank=rank, world_size=2)
    found = {}
    for kind, shares in product(KINDS, SHARES):
        counts = SHARES[shares]
        place = slice(sum(counts[:rank]), sum(counts[: rank + 1]))
        found[kind, shares] = run(layer_of(kind), features()[place], place)
    torch.save(found, f"{folder}/{rank}.pt")
    distributed.destroy_process_group()


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> list[dict[tuple[str, str], Results]]:
    """What each of two processes computes; starting them takes longer than all the rest."""
    folder = tmp_path_factory.mktemp("together")
    start_processes(_process, (str(folder),), 2, start_method=START_METHOD)  # type: ignore[no-untyped-call]
    return [torch.load(folder / f"{rank}.pt") for rank in range(2)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shares", SHARES)
def test_two_processes_compute_what_one_does(
    together: list[dict[tuple[str, str], Results]], kind: str, shares: str
) -> None:
    alone = run(layer_of(kind), features(), slice(None))
    first, second = (found[kind, shares] for found in together)

    for name in ("out", "grad"):
        torch.testing.assert_close(torch.cat([first[name], second[name]]), alone[name])
    for name in ("weight", "bias"):
        if name in alone:  # summed by the training
            torch.testing.assert_close(first[name] + second[name], alone[name])
    for name in ("running_mean", "running_var", "num_batches_tracked"):
        if name in alone:
            torch.testing.assert_close(first[name], alone[name])
            torch.testing.assert_close(second[name], alone[name])


def test_alone_it_is_batch_normalization() -> None:
    expected = nn.BatchNorm2d(4)
    expected.load_state_dict(layer_of("norm").state_dict())
    layer = layer_of("norm")
    assert torch.equal(layer(features()), expected(features()))
    assert torch.equal(layer.eval()(features()), expected.eval()(features()))


def test_one_value_per_channel_in_all_shares_is_refused() -> None:
    layer, values = SharedBatchNorm2d(4), torch.rand(1, 4, 1, 1)

    def normalize(share: slice) -> Tensor:
        mine = values[: int(this_sharer().rank == 1)]
        out: Tensor = layer(mine)
        return out

    with pytest.raises(UserError, match="a single value per channel, by which it cannot be"):
        in_shares(normalize, 2, 2)
    with pytest.raises(UserError, match="a single value per channel, by which it cannot be"):
        layer(values)
    assert torch.isfinite(layer.state_dict()["running_var"]).all()


def test_dropout_drops_whole_channels_and_keeps_the_mean() -> None:
    torch.manual_seed(0)
    out = SharedChannelDropout(0.25)(torch.ones(200, 50, 2, 2))
    values = out.flatten(2)
    assert torch.equal(values.amin(dim=2), values.amax(dim=2))
    assert values.unique().tolist() == pytest.approx([0, 4 / 3])
    assert float((values[..., 0] == 0).float().mean()) == pytest.approx(0.25, abs=0.02)
    assert float(out.mean()) == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("layer", [SharedChannelDropout(0.5).eval(), SharedChannelDropout(0.0)])
def test_nothing_is_dropped_without_need(layer: SharedChannelDropout) -> None:
    assert torch.equal(layer(features()), features())
