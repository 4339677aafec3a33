"""Scenes composed of real photos and drawn or real parts, made while training. They train, they never test."""
