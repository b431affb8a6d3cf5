"""Derivations in index notation as people write them, with an oracle of their own."""
