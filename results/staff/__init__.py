"""Staff's work with results: importing with a preview, looking results up, holding them."""
