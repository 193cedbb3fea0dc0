"""The conformance kit: plays a provider against any wallet that speaks its protocol, and says what was wrong."""
