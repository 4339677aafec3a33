"""Rendered scenes: planning, rendering in Blender's own environment, and writing them as a photo set."""
