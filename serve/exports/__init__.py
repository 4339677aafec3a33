"""What reviewers decided, as files that training and other tools read."""
