"""How tables come to be, and how they change."""
