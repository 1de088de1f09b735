"""Hostile and broken submissions, by what they try: TOML files, and what it takes to judge them."""
