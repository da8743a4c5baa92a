"""Keep one issue on GitHub for each API that has drifted from its document: opened, updated, closed when it heals."""
