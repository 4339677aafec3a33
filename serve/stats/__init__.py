"""What came in, what waits, and how good the machine's word was: read from the tables, never written."""
