"""The sources of evidence: symbolic, numeric, arrays, backprop. None imports another."""
