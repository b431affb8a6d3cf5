"""Gradient code with known right gradients, mistakes planted in it, and other checkers."""
