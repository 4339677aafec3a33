"""Who acts on a decision, and how they are told."""
