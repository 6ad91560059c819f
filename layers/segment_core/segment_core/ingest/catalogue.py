"""The tables of topics in words, as docs/webhooks.md shows them: `python -m segment_core.ingest.catalogue FILE`.

Everything between a platform's two marks in the file is replaced.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

from segment_core.ingest import topics, woocommerce
from segment_core.ingest.topics import Topic

TABLES: Mapping[str, Mapping[str, Topic]] = {"shopify": topics.TOPICS, "woocommerce": woocommerce.TOPICS}


def shown(table: Mapping[str, Topic]) -> str:
    """The table in Markdown: topics that say the same are one row, those that are let go come last."""
    rows: dict[Topic, list[str]] = {}
    for name, topic in table.items():
        rows.setdefault(topic, []).append(f"`{name}`")
    return "\n".join(
        [
            "| topic | tells | becomes |",
            "|---|---|---|",
            *(
                f"| {', '.join(names)} | {topic.says} | {'facts' if topic.read else 'nothing: let go, and counted'} |"
                for topic, names in sorted(rows.items(), key=lambda row: row[0].read is None)
            ),
        ]
    )


def written(text: str) -> str:
    """The text of the page with the tables as they are now. Raises ValueError if marks are missing."""
    for name, table in TABLES.items():
        begin, end = (f"<!-- {name}: {mark} of the table of topics -->" for mark in ("begin", "end"))
        text, found = re.subn(f"{begin}.*?{end}", lambda _: f"{begin}\n{shown(table)}\n{end}", text, flags=re.DOTALL)  # noqa: B023
        if found != 1:
            raise ValueError(f"the page needs the marks {begin} and {end}, each once")
    return text


if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(written(page.read_text(encoding="utf-8")), encoding="utf-8")
