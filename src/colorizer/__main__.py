"""``python -m colorizer``, the same as ``colorizer``."""

from colorizer.cli import main

if __name__ == "__main__":
    main()
