"""What stands about in several scenes."""
