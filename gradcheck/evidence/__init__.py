"""The sources of evidence: symbolic, numeric, arrays, backprop, field and witness.

None imports another.
"""
