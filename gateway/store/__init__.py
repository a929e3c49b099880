"""What is kept: one port, and the engines behind it. Imports decide, ledger and the keystore; never exchange or api."""
