"""What a project or its user settles: configuration, selected rules, the version."""
