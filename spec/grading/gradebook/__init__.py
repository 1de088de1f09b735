"""What is written for the class and for each learner."""
