"""Judging many submissions: workers, processes that judge, and what is kept of them."""
