"""The wallet core: a double-entry ledger of player money behind gRPC."""
