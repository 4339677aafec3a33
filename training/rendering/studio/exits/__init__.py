"""Corridors, stairwells, lobbies, store rooms and facades with exits, clear and blocked."""
