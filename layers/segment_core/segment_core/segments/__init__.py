"""What the API does with shops and segments."""
