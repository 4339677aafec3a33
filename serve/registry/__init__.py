"""Model bundles on disk, which of them is in service, and which one looks on."""
