"""What is worth an analyst's attention, and why: verdicts on where credentials are used, rules, findings, marks.

Pure like `lineage`, on which it stands: no I/O, no clock (times are handed in), no knowledge of a store. Same facts, same answer.
"""
