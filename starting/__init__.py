"""The parts of start.py: standard library only, used before anything is installed."""
