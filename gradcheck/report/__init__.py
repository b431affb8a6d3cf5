"""The result of a run: rows, findings, counts and the exit status; `renderers` show it."""
