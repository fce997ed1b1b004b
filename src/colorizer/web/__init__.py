"""A page on which photographs are coloured in the browser: ``colorizer web``."""
