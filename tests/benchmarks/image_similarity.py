"""How alike two pictures are: SSIM of their luminance (Wang et al., "Image quality assessment", 2004)."""

from __future__ import annotations

import numpy as np
from PIL import Image

# As in the paper: a Gaussian window of 11 pixels with deviation 1.5, and its two constants for 8 bits.
_WINDOW = np.exp(-((np.arange(11) - 5) ** 2) / (2 * 1.5**2))
_WINDOW /= _WINDOW.sum()
_C1 = (0.01 * 255) ** 2
_C2 = (0.03 * 255) ** 2


def ssim(one: Image.Image, other: Image.Image) -> float:
    """Return the mean structural similarity of two pictures of the same size: 1 for the same, about 0 for strangers."""
    first, second = (np.asarray(image.convert("L"), dtype=np.float64) for image in (one, other))
    mean1, mean2 = _smooth(first), _smooth(second)
    variance1 = _smooth(first * first) - mean1 * mean1
    variance2 = _smooth(second * second) - mean2 * mean2
    covariance = _smooth(first * second) - mean1 * mean2
    alike = (2 * mean1 * mean2 + _C1) * (2 * covariance + _C2)
    return float((alike / ((mean1**2 + mean2**2 + _C1) * (variance1 + variance2 + _C2))).mean())


def _smooth(values: np.ndarray) -> np.ndarray:
    for axis in (0, 1):
        windows = np.lib.stride_tricks.sliding_window_view(values, len(_WINDOW), axis=axis)
        values = windows @ _WINDOW
    return values
