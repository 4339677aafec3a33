"""Work that takes longer than a request and outlives a server: jobs in the database, and who does them."""
