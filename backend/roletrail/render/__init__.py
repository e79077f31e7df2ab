"""Pictures and documents out of plain values: SVG, HTML, Markdown, CSV. Knows no store, no server and no use-case.

What is drawn here is the same on a page, in a report, in an e-mail and from the command line.
"""
