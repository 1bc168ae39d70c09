"""The verbs of the command line that are many enough to have a room of their own."""
