"""What all else stands on: comparing, the transcript of a test, diagnosis, limits, the contract."""
