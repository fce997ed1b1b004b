"""The pipeline as a user runs it: dvc commands in a temporary clone, with tiny settings."""
