"""`python -m spec grade`: submissions are judged in sandboxes, and a gradebook is written.

Six rooms, and `command` at the top, which joins them: `intake` (what was handed in), `scores` (from a
judgement to points), `gradebook` (the files that come out), `uploads` (what a platform takes
back), `running` (judging a class), `example` (a class to try it on).
"""
