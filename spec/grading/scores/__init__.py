"""From a judgement and a rubric to points."""
