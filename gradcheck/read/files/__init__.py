"""Files: found, loaded, joined, and what they say of their own checking."""
