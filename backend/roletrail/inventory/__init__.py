"""What is known of our own network from outside the logs: inventories with their times, AWS's address ranges, GuardDuty's word.

Its own SQLite file, whatever the graph store. It judges nothing: facts go to `detect` as they are.
"""
