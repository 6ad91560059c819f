"""The demo shop: who its customers are, its ten segments, and the story that `make run` tells."""
