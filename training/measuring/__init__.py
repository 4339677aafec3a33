"""How good a model is: matches, curves, calibration, figures and the pictures of its mistakes."""
