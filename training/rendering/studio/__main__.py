"""`python -m hazardlens.training.rendering.studio`: the worker."""

from hazardlens.training.rendering.studio.worker import main

main()
