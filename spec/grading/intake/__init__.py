"""What was handed in: files, folders and archives, as a list of named submissions."""
