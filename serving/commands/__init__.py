"""The sub-commands of `minsheng`, found through the entry-point group `minsheng.commands`."""
