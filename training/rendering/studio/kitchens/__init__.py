"""Scenes of kitchens, clean, dirty and with pests."""
