"""The `hazardlens` command."""
