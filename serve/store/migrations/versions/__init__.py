"""Alembic's steps, oldest first; each runs beside the version of the program before it."""
