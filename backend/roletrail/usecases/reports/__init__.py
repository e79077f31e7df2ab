"""What is carried away: reports, exports and graphs for other programs."""
