"""From what reviewers decided to a candidate: dataset version, training, comparison with the model in service, gate."""
