"""From labelled photos to a model bundle: datasets, splits, fine-tuning, evaluation, calibration, export."""
