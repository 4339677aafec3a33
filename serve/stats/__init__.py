"""What came in, what waits, and how often the machine was right."""
