"""Streets, pavements and courtyards with manhole covers."""
