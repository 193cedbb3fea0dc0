"""The doors for game providers: each speaks one provider's protocol and asks the core, holding no money logic."""
