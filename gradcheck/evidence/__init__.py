"""The sources of evidence: symbolic, numeric, arrays, backprop, field, witness. None imports another."""
