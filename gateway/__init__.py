"""What players and operators reach: REST, WebSocket and the panel, each call passed on by `wallet_core.client`."""
