"""The book: the chapters and what came of running them, woven into one page.

Everything here is imported when the command `book` is called, never by `pytest spec`; its libraries
are those of the extra `book`.
"""
