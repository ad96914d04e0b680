"""Folders of photographs go in; scenes, and pairs of shots at two focal lengths, come out."""
