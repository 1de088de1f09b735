"""A small class of made-up hand-ins, as Moodle exports one, to try grading on."""
