"""Programs: optimizers, modes, statistics, names, whatever takes more than one line to show."""
