"""The command line and the pytest plugin: the only ones that print, write or exit."""
