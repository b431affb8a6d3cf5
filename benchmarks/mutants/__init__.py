"""Derivations that are right, and single mistakes planted in them, with an oracle of their own.

Nothing here imports gradcheck, except `campaign`, which calls ``gradcheck.verify`` on the texts.
"""
