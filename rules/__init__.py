"""The rules of Sổ Token: pure functions over plain values, standard library only.

No clock, no environment, no file, no database lives here: the day is always an argument, and the
law comes in as text (`rules.law`), read from `regulations/` by somebody else.
"""
