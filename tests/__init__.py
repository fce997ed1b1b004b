"""Tests, one module for each module of the package; e2e/ runs the whole pipeline."""
