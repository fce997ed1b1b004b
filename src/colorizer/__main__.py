"""``python -m colorizer``, the same as ``colorizer``."""

from colorizer.cli.main import main

if __name__ == "__main__":
    main()
