"""Plans that stop a chain, what is still alive, and what newer logs say of each step."""
