"""Submissions behind a process boundary: walls, scores, gradebooks. `python -m spec grade`."""
