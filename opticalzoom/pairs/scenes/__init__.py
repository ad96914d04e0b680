"""Photos of a card go in; scenes and pairs of shots with measured ratios come out."""
