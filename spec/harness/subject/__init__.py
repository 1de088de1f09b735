"""The implementation under test: how it is loaded, a proxy of it that copies and records."""
