"""A card of photos goes in; a folder of registered pairs with a manifest and a report comes out."""
