"""gRPC in, commands out: this door translates and decides nothing."""
