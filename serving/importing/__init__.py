"""Exports of offices into the store: recognised, read, masked, stored once; an interrupted import goes on."""
