"""Gradient code of other libraries: PyTorch, JAX, SciPy."""
