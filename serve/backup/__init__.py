"""Backups: rows of one moment, the photos they name, and the models, as one folder; and the way back."""
