"""What the law lets customers and stores demand: that nothing is known any more, and to be told what is."""
