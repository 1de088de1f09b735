"""From a failure to words: explanation, hints, source lines, smaller examples, and a snippet."""
