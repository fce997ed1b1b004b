"""Learn to colour grayscale photographs: data preparation, networks, training, measurement."""
