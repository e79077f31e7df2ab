"""What people keep of a case: pins, marks, notes, briefs and shares."""
