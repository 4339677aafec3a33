"""Clips: decoded in a child process, looked at where it is worth it, and turned into one decision."""
