"""`python -m tidemark.cli`: the command without its script."""

from __future__ import annotations

import sys

from tidemark.cli import main

sys.exit(main())
