"""Files that a learning platform takes back: those that it gave, filled in."""
