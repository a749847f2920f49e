"""Carrying out actions on a flow: all of a batch, or nothing of it."""
