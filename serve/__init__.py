"""The HTTP service: upload in, pre-filled report out."""
