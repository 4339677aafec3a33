"""What names a person or shows too much, taken out: when its time is over, and when somebody asks for it."""
