"""What a learner gets besides the judgement: something to start from."""
