"""Labelled photos: what they are, whether they are sound, and who trains, validates and tests."""
