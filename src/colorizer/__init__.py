"""Learn to colour grayscale photographs: data preparation, networks, training, measurement."""

from colorizer.api import Colorist, load

__all__ = ["Colorist", "load"]
__version__ = "0.2.0"
