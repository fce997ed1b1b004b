"""Colours with names, for a user to pick from."""

from __future__ import annotations

PALETTE = {
    "skin": "#e0ac8a",
    "sky": "#6ea6d8",
    "water": "#4f8a9b",
    "leaves": "#5d8a3a",
    "grass": "#8aa84a",
    "sand": "#d8bd8a",
    "wood": "#8b5a2b",
    "brick": "#a8482f",
    "red": "#c0302b",
    "gold": "#d9a520",
    "no colour": "#808080",
}
