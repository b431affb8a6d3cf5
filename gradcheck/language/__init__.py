"""What everything is said in: documents, expressions, statements, models, verdicts, findings."""
