"""Exports of exchanges, wallets, trackers and tax tools: formats as data, one engine for all."""
