"""How many multiply-adds a training step takes: a cost that other programs cannot disturb."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode


def multiply_adds(work: Callable[[], object]) -> int:
    """Return the multiply-adds of the convolutions and matrix products in ``work``.

    Parameters
    ----------
    work : callable
        Such as a forward and a backward pass; called once.
    """
    backward = {torch.ops.aten.convolution_backward: _of_convolution_backward}
    with FlopCounterMode(display=False, custom_mapping=backward) as counter:
        work()
    return int(counter.get_total_flops()) // 2


def _of_convolution_backward(
    gradient: list[int], images: list[int], weights: list[int], *others: Any, out_shape: object
) -> int:
    """Return floating-point operations, as the counter expects.

    torch's own count treats the gradient of a depthwise convolution's weights as that of a dense
    one: 32 times too much for 32 channels.
    """
    del out_shape  # the counter passes it, but the others suffice
    # others: bias, stride, padding, dilation, transposed, output padding, groups, which gradients
    is_transposed, (of_images, of_weights, _of_bias) = others[4], others[7]
    batch, _, *places = images if is_transposed else gradient
    passes = int(of_images) + int(of_weights)
    return 2 * batch * math.prod(places) * math.prod(weights) * passes
