"""Numbers from a derivation's own trees: NumPy arrays for the network, mpmath for witnesses.

Nothing here knows SymPy, and nothing is imported that is not asked for: NumPy comes with
`arrays` and `point`, mpmath with `precise`.
"""
