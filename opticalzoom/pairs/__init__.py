"""Scenes and pairs of shots go in; registered pairs on one grid come out, in memory and in folders."""
