"""Practice data: a made-up province to learn and to try with, clearly labelled and removable."""
