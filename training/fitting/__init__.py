"""A training run: pictures and their variations, stages, checkpoints, validation between epochs."""
