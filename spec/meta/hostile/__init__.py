"""Hostile and broken submissions, by what they try: the TOML files beside, and what it takes to judge them."""
