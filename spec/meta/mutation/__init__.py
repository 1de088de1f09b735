"""Systematic mutation: every small change to the reference must be noticed by a claim."""
