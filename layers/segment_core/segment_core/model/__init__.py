"""What is stored about shops, segments and memberships, as pure types: no I/O, no clock."""
