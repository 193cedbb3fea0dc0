"""The rules: values in, values out. No clock, no I/O, no protobuf, no logging."""
