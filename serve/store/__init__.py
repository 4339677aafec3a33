"""What is kept: rows in SQLite or PostgreSQL, and files by the hash of their content."""
