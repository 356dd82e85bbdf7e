# `make install PREFIX=...` (filled in by the set-up work)
