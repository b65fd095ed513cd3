"""Pure building blocks: money, time, ids, errors, transitions. Standard library only."""
