"""What leaves training: the bundle that answers as its network does, and the cards that say what it is."""
